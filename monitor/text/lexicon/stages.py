"""Words for the stages of an incident, a work or an event. An entry that goes through them is at one at a time."""

STAGES = {
    word: stage
    for stage, words in {
        "investigated": "investigate investigates investigated investigating",
        "identified": "identified diagnosed",
        "monitored": "monitor monitors monitored monitoring",
        "resolved": "resolved fixed restored remedied",
        "scheduled": "scheduled planned",
        "under way": "underway ongoing started begun",
        "completed": "completed finished concluded ended",
        "cancelled": "cancelled canceled postponed suspended",
        "contained": "contained extinguished",
        "lifted": "lifted",
        "reopened": "reopened resumed",
    }.items()
    for word in words.split()
}
