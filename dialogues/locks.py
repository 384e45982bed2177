"""The second lock on what was said."""

from regions.people.locks.doors import Worn
from regions.people.locks.policies import ADD, ALL, READ, WRITE, lock, may

from .models import (
    Attendance,
    BoardAct,
    ConsentRecord,
    Draft,
    Interview,
    Interviewer,
    Placement,
    SharedVoice,
    SharingDecision,
    Speaker,
    Theme,
    ThemeNote,
    Voice,
    VoiceCounter,
    VoiceText,
)

OWN = "user_id = tsumugi.person()"
HEARD = """voice.interview_id IN (
    SELECT interview_id FROM dialogues_interviewer WHERE user_id = tsumugi.person())"""


def words_of(voices: str) -> str:
    """The words of those voices; the policies of the voices themselves hold too."""
    return (
        "EXISTS (SELECT FROM dialogues_voice voice"
        f" WHERE voice.id = dialogues_voicetext.voice_id AND ({voices}))"
    )


# What a voice said while it was kept to fewer than may read it now stays with them, unless it says
# the same now.
NEVER_NARROWER_SINCE = f"""
    (text, moved_note, sensitive_note) IN (
        SELECT present.text, present.moved_note, present.sensitive_note
          FROM dialogues_voicetext present
         WHERE present.id = dialogues_voicetextevent.voice_id)
    OR
    EXISTS (SELECT FROM dialogues_voice voice
             WHERE voice.id = dialogues_voicetextevent.voice_id AND {HEARD})
    OR NOT EXISTS (SELECT FROM dialogues_voiceevent then_or_later
                    WHERE then_or_later.id = dialogues_voicetextevent.voice_id
                      AND then_or_later.level = 'C'
                      AND then_or_later.pgh_created_at >= (
                          SELECT max(at_that_time.pgh_created_at)
                            FROM dialogues_voiceevent at_that_time
                           WHERE at_that_time.id = dialogues_voicetextevent.voice_id
                             AND at_that_time.pgh_created_at
                                 <= dialogues_voicetextevent.pgh_created_at))"""

# Level C is read by the town's staff and by who heard it.
lock(
    VoiceText,
    staff=WRITE,
    partner=may("select insert update", where=words_of(f"voice.level IN ('A', 'B') OR {HEARD}")),
    section=may("select", where=words_of("voice.level = 'A'")),
    counted=False,
    history={Worn.PARTNER: NEVER_NARROWER_SINCE},
)

# What can be counted of a voice, without its words. Those who walk alongside need it to see
# behind which words enough people stand; they get no number, no flag and no time.
lock(
    Voice,
    staff=WRITE,
    partner=WRITE,
    section=READ,
    companion=may(
        "select",
        columns="id municipality_id interview_id stakeholder_id speaker_id prompt level revision"
        " position",
    ),
)
OF_AN_OPEN_VOICE = "IN (SELECT {} FROM dialogues_voice WHERE level = 'A')"
lock(
    Interview,
    staff=WRITE,
    partner=WRITE,
    section=may("select", where=f"id {OF_AN_OPEN_VOICE.format('interview_id')}"),
)
lock(Attendance, staff=ALL, partner=ALL)
lock(Interviewer, staff=ALL, partner=ALL, section=may("select", where=OWN))
lock(
    Speaker,
    staff=WRITE,
    partner=WRITE,
    section=may("select", where=f"id {OF_AN_OPEN_VOICE.format('speaker_id')}"),
)
lock(VoiceCounter, staff=WRITE, partner=WRITE, counted=False)
lock(
    Draft,
    staff=may("select insert update delete", where=OWN),
    partner=may("select insert update delete", where=OWN),
)
lock(ConsentRecord, staff=ADD, partner=ADD)
lock(SharingDecision, staff=ADD, partner=READ, clock=READ)

# Approved texts: B reaches who walks alongside as an advisor, or where the town is supported.
NEAR = """level = 'A'
    OR municipality_id = ANY ((SELECT tsumugi.advised())::bigint[])
    OR municipality_id IN (
        SELECT municipality_id FROM regions_supportround WHERE year = tsumugi.fiscal_year())"""
lock(
    SharedVoice,
    staff=ALL,
    partner=may("select delete"),
    companion=may("select", where=NEAR),
    overview=may("select", where=NEAR),
)

lock(
    Theme,
    staff=WRITE,
    partner=WRITE,
    section=READ,
    companion=may(
        "select",
        # As SPEAKER_KEY counts them: a word behind which fewer than three stand stays in the town.
        where="""NOT closed AND 3 <= (
            SELECT count(DISTINCT coalesce(
                       's' || voice.speaker_id,
                       'u' || voice.interview_id || '-' || voice.stakeholder_id))
              FROM dialogues_placement placement
              JOIN dialogues_voice voice ON voice.id = placement.voice_id
             WHERE placement.theme_id = dialogues_theme.id)""",
    ),
)
lock(Placement, staff=ALL, partner=ALL, section=READ, companion=READ)
lock(BoardAct, staff=ADD, partner=ADD, clock=READ)
lock(ThemeNote, staff=WRITE, partner=WRITE, companion=ADD)
