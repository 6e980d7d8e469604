"""Which updates share a story, on streams of made-up sentences."""

from kit.replay_lines import ReplayStream

from monitor.compare.stories import StoryCandidate, find_story, join_threshold
from monitor.compare.term_vectors import TermVector
from monitor.model import PriorClaim, Update
from monitor.text.normalize import hash64

SINKING = "Ferry Amalia sinks off Halvik: 40 people dead"


def test_an_event_reported_by_several_sources_is_one_story():
    stories = (
        ReplayStream()
        .say("port", "a", "The ferry Amalia went down in a storm off Halvik on Monday.", title=SINKING)
        .say(
            "wire",
            "b",
            "Divers search the wreck of the Amalia.",
            title="Halvik ferry Amalia: divers find 12 survivors",
        )
        .say(
            "desk",
            "c",
            "The toll of the Amalia rose.",
            title="Ferry Amalia sinking off Halvik: toll rises to 55 dead",
        )
        .story_ids()
    )
    assert len(set(stories)) == 1


def test_another_event_of_the_same_kind_is_another_story():
    stories = (
        ReplayStream()
        .say("port", "a", "The ferry Amalia went down in a storm off Halvik on Monday.", title=SINKING)
        .say("wire", "b", "A bus left the road near Pelmark.", title="Bus crash near Pelmark: 9 people dead")
        .story_ids()
    )
    assert len(set(stories)) == 2


def test_a_revision_stays_in_the_story_of_its_entry():
    stories = (
        ReplayStream()
        .say("port", "a", "The ferry Amalia went down off Halvik.", title=SINKING)
        .say("port", "a", "Parliament votes on the fishing budget.", title="Parliament votes on fishing")
        .story_ids()
    )
    assert len(set(stories)) == 1


FIRES = [
    "Fire guts the Marlow supermarket in Banfield",
    "Banfield: Marlow supermarket destroyed by fire",
    "Marlow store fire in Banfield being treated as suspicious",
]


def test_an_event_with_another_place_and_person_is_another_story():
    stream = ReplayStream()
    for n, title in enumerate(FIRES):
        stream.say(f"paper{n}", f"banfield{n}", "Fifty firefighters fought the blaze in Surley.", title=title)
    stream.say("paper7", "wellbury", "Robert Pitt denies setting it.", title="Arson denied: Wellbury market blaze")
    stories = stream.story_ids()
    assert len(set(stories[:3])) == 1
    assert stories[3] != stories[0]


def test_an_update_joins_the_story_whose_common_words_it_shares():
    stream = (
        ReplayStream()
        .say("a", "1", "", title="Amalia sinks off Halvik")
        .say("b", "2", "", title="Halvik mourns the dead of the Amalia")
        .say("c", "3", "", title="Divers reach the Amalia wreck")
        .say("d", "4", "", title="Owner of the Amalia questioned in Halvik")
        .say("e", "5", "", title="Halvik: families of the Amalia wait at the harbour")
    )
    assert len(set(stream.story_ids())) == 1


def test_an_article_must_share_more_with_a_story_than_a_headline_must():
    story = {f"word{n}": 0.1 for n in range(400)}
    words = [f"word{n}" for n in range(90)]
    assert join_threshold(words[:8], story) < join_threshold(words, story)


def test_one_shared_word_does_not_join_another_story():
    stories = (
        ReplayStream()
        .say("port", "a", "", title="Around 300 ferries lie idle in Halvik")
        .say("port", "b", "", title="Storm tears the ferry pier of Brevik from its moorings")
        .story_ids()
    )
    assert len(set(stories)) == 2


class OneStoryIndex:
    """A story index with one story about a wreck, last updated at `at`."""

    def __init__(self, at: float) -> None:
        self.at = at

    def story(self, source: str, entry: str) -> str | None:
        return None

    def candidate_stories(self, vector: TermVector, since: float) -> list[StoryCandidate]:
        opening = PriorClaim(SINKING, "port", "a", self.at, "st-wreck", SINKING)
        return [StoryCandidate(opening, {hash64("wreck"): 1.0})] if self.at >= since else []


def test_a_story_without_updates_for_weeks_is_over():
    update = Update("wire", "b", 30 * 86400.0, "The wreck is raised", "", "")
    assert find_story(update, (), {hash64("wreck"): 1.0}, OneStoryIndex(25 * 86400.0), update.at) == "st-wreck"
    assert find_story(update, (), {hash64("wreck"): 1.0}, OneStoryIndex(10 * 86400.0), update.at) != "st-wreck"


def test_takeaways_of_one_report_open_separate_stories():
    report = "<ul><li>Troops left the town of Halvik.</li><li>Wheat prices in Pelmark doubled.</li></ul>"
    records = ReplayStream().say("brief", "march-1", report, title="Harbour brief, March 1").results()
    stories = {record["claim"]: record["story"] for record in records if record["type"] == "finding"}
    assert stories["Troops left the town of Halvik."] != stories["Wheat prices in Pelmark doubled."]


def test_claims_added_under_one_heading_by_one_edit_are_one_story():
    page = "<h2>Rabies</h2><p>Bats carry rabies.</p>"
    added = page + "<ul><li>wash the wound at once</li><li>see a doctor</li></ul>"
    records = (
        ReplayStream()
        .say("office", "norland", page, title="Health")
        .say("office", "norland", added, title="Health")
        .results()
    )
    stories = {record["claim"]: record["story"] for record in records if record["type"] == "finding"}
    assert stories["wash the wound at once"] == stories["see a doctor"]


def test_a_replay_gives_the_same_story_ids():
    stream = (
        ReplayStream()
        .say("port", "a", "The ferry went down.", title=SINKING)
        .say("wire", "b", "", title="Budget passed")
    )
    assert stream.story_ids() == stream.story_ids()


def test_a_headline_of_common_words_opens_a_new_story():
    stories = (
        ReplayStream()
        .say("port", "a", "", title="What it is")
        .say("wire", "b", "", title="And so it was")
        .story_ids()
    )
    assert len(set(stories)) == 2
