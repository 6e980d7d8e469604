"""Words for the stages of an incident or of a work. An entry that goes through them is at one at a time."""

PROCESSES = {
    "incident": {
        "investigated": "investigate investigates investigated investigating investigation",
        "identified": "identified diagnosed",
        "monitored": "monitor monitors monitored monitoring",
        "contained": "contained",
        "resolved": "resolved fixed restored remedied",
    },
    "work": {
        "scheduled": "scheduled planned",
        "under way": "underway ongoing started begun",
        "completed": "completed finished concluded ended",
        "cancelled": "cancelled canceled postponed suspended",
    },
}
STAGES = {word: stage for stages in PROCESSES.values() for stage, words in stages.items() for word in words.split()}
PROCESS_OF = {stage: process for process, stages in PROCESSES.items() for stage in stages}
