"""The authorisation matrix: one line for each URL and method, one column for each facility's relation.

A cell has one sign for each role, in the order of the heading: d clinic doctor, m clinic manager,
h hospital doctor, o hospital referral office, a alliance manager, i integrator, u auditor,
g health authority, which works at an institution of its own in the region of the one in the column.

    +  allowed, and done (2xx)          -  403, the role or the facility may not
    c  allowed by rights, 409 by state  .  404, as if it were not there
    u  allowed by rights, 422 by rules

Columns are the facilities of world.RELATIONS. A person of every role works at every one of them, also
where such a role would be odd: rights hang on role and facility, never on the name of the place. What
follows `@` is the object under test (test_matrix.Objects). Nobody signed in is answered 401 everywhere
but at the addresses of OPEN.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SIGNS: Final = "dmhoaiug"

TABLE: Final = """
# address             method  object       sender   receiver former   parent   third    none
#                                          dmhoaiug dmhoaiug dmhoaiug dmhoaiug dmhoaiug dmhoaiug

# The directory is open to everybody who holds a post.
facility-list         GET     -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
facility-detail       GET     receiver     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
facility-departments  GET     receiver     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
alliance-list         GET     -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
alliance-detail       GET     alliance     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
alliance-limits       GET     alliance     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
alliance-limits       POST    alliance     -------- -------- -------- ----+--- -------- --------
alliance-automatic-steps GET  alliance     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
alliance-automatic-steps POST alliance     -------- -------- -------- ----+--- -------- --------
alliance-rule         DELETE  rule         -------- -------- -------- ----+--- -------- --------

# An event of public health binds everybody, so everybody reads it. The manager at the lead of an alliance
# declares and ends those of that alliance; here it is the parent's.
event-list            GET     -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
event-list            POST    -            -------- -------- -------- ----+--- -------- --------
event-detail          GET     event        ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
event-end             POST    event        -------- -------- -------- ----+--- -------- --------

# Who answers for the open legs of a facility is for its manager and its referral office.
assignment-list       GET     -            -+-+---- -+-+---- -+-+---- -+-+---- -+-+---- -+-+----
assignment-list       POST    submitted    -+-+---- -u-u---- -u-u---- -u-u---- -u-u---- -u-u----

# Orders of examinations: clinicians of both ends, and of whoever receives the leg that carries one. Here the
# sender's is carried out by the third facility, which sees the patient of that order alone.
order-list            GET     -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
order-list            POST    submitted    +-++-+-- +-++-+-- u-uu-u-- u-uu-u-- u-uu-u-- u-uu-u--
order-detail          GET     ordered      +-++-+-- +-++-+-- .-..-.-- .-..-.-- +-++-+-- .-..-.--
order-receive         POST    ordered      -------- -------- .-..-.-- .-..-.-- +-++-+-- .-..-.--
order-report          POST    ordered      -------- -------- .-..-.-- .-..-.-- +-++-+-- .-..-.--
order-cancel          POST    ordered      +-++-+-- -------- .-..-.-- .-..-.-- +-++-+-- .-..-.--
order-files           POST    ordered      -------- -------- .-..-.-- .-..-.-- +-++-+-- .-..-.--
order-file            GET     ordered      +-++-+-- +-++-+-- .-..-.-- .-..-.-- +-++-+-- .-..-.--

# A person names a deputy for himself, the manager and the referral office for anybody of theirs; both
# persons see it. Here the sender's clinic doctor lets its hospital doctor act for him.
colleague-list        GET     -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
delegation-list       GET     -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
delegation-list       POST    -            ++-+---- -u-u---- -u-u---- -u-u---- -u-u---- -u-u----
delegation-end        POST    delegation   ++++.... ........ ........ ........ ........ ........
# Sessions are seen by whoever could send there, and planned by the facility's own office and manager.
facility-slots        GET     receiver     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
facility-slots        POST    receiver     -------- -+-+---- -------- -------- -------- --------
facility-slot         GET     receiver     +++++++. +++++++. +++++++. +++++++. +++++++. ........
facility-slot         PATCH   receiver     -------- -+-+---- -------- -------- -------- --------
facility-reservation  GET     receiver     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
alliance-equipment    GET     alliance     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++

# Patients: clinicians and the hospital's system, where the facility has a live grant. Managers and
# auditors never; the integrator never unmasks. What a facility recorded, it alone takes back.
patient-list          GET     -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
patient-list          POST    -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
patient-search        POST    -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
patient-detail        GET     submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
patient-detail        GET     draft        +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
patient-detail        PATCH   submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
patient-reveal        POST    submitted    +-++---- +-++---- .-..---- .-..---- .-..---- .-..----
patient-consents      GET     submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
patient-consents      POST    submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
consent-withdraw      POST    submitted    +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
patient-contracts     GET     submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
patient-contracts     POST    draft        +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
contract-end          POST    submitted    +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--

# Whoever may file may ask where to; of a patient of others as of nobody.
destination-list      POST -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
destination-list      POST submitted    +-++-+-- +-++-+-- u-uu-u-- u-uu-u-- u-uu-u-- u-uu-u--

# Referrals are read by both ends, by who began the episode, and from submission on by the manager of
# the alliance. A former receiver keeps the leg it sent on, and nothing of the legs that followed.
referral-list         GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
referral-list         POST    submitted    +-++-+-- +-++-+-- u-uu-u-- u-uu-u-- u-uu-u-- u-uu-u--
referral-list         POST    draft        +-++-+-- u-uu-u-- u-uu-u-- u-uu-u-- u-uu-u-- u-uu-u--
referral-detail       GET     draft        ++++++-- ......-- ......-- ......-- ......-- ......--
referral-detail       GET     review       ++++++-- ......-- ......-- ......-- ......-- ......--
referral-detail       GET     submitted    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-detail       GET     redirected   ++++++-- ......-- ++++++-- ....+.-- ......-- ......--
referral-detail       GET     completed    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-detail       GET     down-draft   ......-- ++++++-- ......-- ......-- ......-- ......--
referral-detail       GET     down         ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-detail       PATCH   draft        +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-detail       PATCH   submitted    c-cc-c-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-detail       PATCH   down-draft   .-..-.-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-actions      GET     submitted    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-clock        GET     submitted    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-clock        GET     draft        ++++++-- ......-- ......-- ......-- ......-- ......--
referral-timeline     GET     submitted    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-timeline     GET     redirected   ++++++-- ......-- ++++++-- ....+.-- ......-- ......--
episode-detail        GET     draft        ++++++-- ......-- ......-- ......-- ......-- ......--
episode-detail        GET     submitted    ++++++-- ++++++-- ++++++-- ....+.-- ......-- ......--

# Numbers of the own facility, or of the alliance that is managed, and the rows behind them.
indicator-list        GET     -            ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+
indicator-detail      GET     indicator    ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+
indicator-referrals   GET     indicator    ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--

# What lies ahead of the own facility; what is paid to the communities of an alliance is for who looks over it.
forecasts             GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
forecasts             POST    -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
what-if-list          GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
what-if-list          POST    -            ......-- ++++++-- ......-- ....+.-- ......-- ......--
what-if-detail        GET     what-if      ......-- ++++++-- ......-- ....+.-- ......-- ......--
what-if-repeat        POST    what-if      ......-- ++++++-- ......-- ....+.-- ......-- ......--
capitation            GET     -            ----.--- ----.--- ----.--- ----+--- ----.--- ----+---
capitation-agreements GET     -            ----.--- ----.--- ----.--- ----+--- ----.--- ----+---
capitation-agreements POST    -            ----.--- ----.--- ----.--- ----+--- ----.--- ----.---

# What both ends write beside the moves.
referral-messages     GET     submitted    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-messages     POST    submitted    +-++-+-- +-++-+-- ......-- ....-.-- ......-- ......--
referral-messages     POST    redirected   +-++-+-- ......-- +-++-+-- ....-.-- ......-- ......--
referral-follow-ups   GET     down         ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-follow-ups   POST    down         +-++-+-- -------- ......-- ....-.-- ......-- ......--
referral-hold         GET     held         ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-hold         POST    submitted    +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-hold         DELETE  held         +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
follow-up-list        GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
follow-up-counts      GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
returned-list         GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
referral-attachments  GET     submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-attachments  GET     redirected   +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-attachments  POST    submitted    +-++-+-- +-++-+-- ......-- ....-.-- ......-- ......--
referral-attachment   GET     submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-messages-read POST   submitted    +-++-+-- +-++-+-- ......-- ....-.-- ......-- ......--
messages-unread       GET     submitted    ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--

# Advice before a referral is between the two facilities; no manager of an alliance looks into it.
advice-list           GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
advice-list           POST    submitted    +-++-+-- +-++-+-- u-uu-u-- u-uu-u-- u-uu-u-- u-uu-u--
advice-detail         GET     asked-advice ++++++-- ++++++-- ......-- ......-- ......-- ......--
advice-answer         POST    asked-advice -------- +-++-+-- ......-- ......-- ......-- ......--
advice-answer         POST    answered-advice -------- c-cc-c-- ......-- ......-- ......-- ......--
advice-convert        POST    answered-advice +-++-+-- -------- ......-- ......-- ......-- ......--
advice-avoid          POST    answered-advice +-++-+-- -------- ......-- ......-- ......-- ......--
advice-avoid          POST    asked-advice c-cc-c-- -------- ......-- ......-- ......-- ......--
advice-withdraw       POST    asked-advice +-++-+-- -------- ......-- ......-- ......-- ......--

# The official papers name the patient in full: clinicians of a facility with a live grant, and nobody else.
referral-slip         GET     accepted     +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-slip         GET     submitted    c-cc-c-- c-cc-c-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-consent-form GET     draft        +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-consent-form GET     submitted    +-++-+-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-tracking-revoke POST accepted     +-++-+-- +-++-+-- ......-- ....-.-- ......-- ......--

# The criteria are open to everybody who holds a post; what they said of a referral is read with it, written
# by its sender while it is a draft. Whether a patient may go down is the receiver's to say.
criteria-list         GET     -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
criteria-evaluate     POST    -            ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
criteria-overrides    GET     -            ----+--- ----+--- ----+--- ----+--- ----+--- ----+---
referral-assessment   GET     assessed     ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-assessment   PUT     draft        +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-assessment   PUT     assessed     c-cc-c-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-assessment   PUT     down-draft   .-..-.-- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
down-candidate-list   GET     -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
referral-down-candidate  GET  arrived      ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-down-candidate  POST arrived      -------- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-down-candidate  POST submitted    -------- c-cc-c-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-down-candidate  POST down         c-cc-c-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--

# The sender's verbs. Nobody reviews his own filing; the doctors here filed nothing themselves but `d`.
referral-submit          POST draft        +-++-+-- ......-- ......-- ......-- ......-- ......--
referral-submit          POST submitted    c-cc-c-- -------- ......-- ....-.-- ......-- ......--
referral-request-review  POST draft        +-++-+-- ......-- ......-- ......-- ......-- ......--
referral-approve         POST review       -+-+---- ......-- ......-- ......-- ......-- ......--
referral-send-back       POST review       -+-+---- ......-- ......-- ......-- ......-- ......--
referral-answer          POST asked        +-++-+-- -------- ......-- ....-.-- ......-- ......--
referral-cancel          POST submitted    +-++-+-- -------- ......-- ....-.-- ......-- ......--
referral-cancel          POST completed    c-cc-c-- -------- ......-- ....-.-- ......-- ......--
referral-void            POST submitted    +-++-+-- -------- ......-- ....-.-- ......-- ......--
referral-void            POST down         -------- +-++-+-- ......-- ....-.-- ......-- ......--

# A secret address is the sender's to hand out, and only where the receiver is outside the network.
referral-outside-link    POST outside      +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- --------
referral-outside-link    POST submitted    c-cc-c-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--

# The check before sending is the sender's; what a destination wants is public, and its office sets it.
completeness-check       POST -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
referral-completeness    GET  submitted    c-cc-c-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-completeness    GET  draft        +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-resend          POST declined     +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
facility-needs           GET  receiver     ++++++++ ++++++++ ++++++++ ++++++++ ++++++++ ++++++++
facility-needs           POST receiver     -------- -+-+---- -------- -------- -------- --------

# The sender answers for the patient's consent; both ends hear of one that is gone.
referral-consents        POST submitted    +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-consents        POST emergency    +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
consents-awaited         GET  -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
order-consents-awaited   GET  -            +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+-- +-++-+--
consents-withdrawn       GET  -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--

# What an emergency went without is its sender's to write down.
referral-documentation   GET  submitted    ++++++-- ++++++-- ......-- ....+.-- ......-- ......--
referral-documentation   POST submitted    c-cc-c-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-documentation   POST rushed       +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
documentation-awaited    GET  -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--

# The receiver's verbs.
referral-open            POST submitted    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-ask-information POST submitted    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-accept          POST submitted    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-accept          POST redirected   -------- ......-- c-cc-c-- ....-.-- ......-- ......--
referral-accept          POST completed    -------- c-cc-c-- ......-- ....-.-- ......-- ......--
referral-acknowledge     POST emergency    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-decline         POST submitted    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-schedule        POST accepted     -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-reschedule      POST scheduled    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-put-off         POST scheduled    +-++-+-- +-++-+-- ......-- ....-.-- ......-- ......--
referral-arrive          POST accepted     -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-record-no-show  POST scheduled    -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-complete        POST arrived      -------- +-++-+-- ......-- ....-.-- ......-- ......--
referral-complete        POST down         +-++-+-- -------- ......-- ....-.-- ......-- ......--
referral-return          POST arrived      -------- +-++-+-- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-refer-again     POST down         +-++-+-- -------- .-..-.-- .-..-.-- .-..-.-- .-..-.--
referral-refer-again     POST arrived      -------- c-cc-c-- .-..-.-- .-..-.-- .-..-.-- .-..-.--

# The coordinator of the alliance may send on and end what nobody answers; sweeps end it too.
referral-redirect        POST submitted    -------- +-++-+-- ......-- ....+.-- ......-- ......--
referral-expire          POST asked        -------- -------- ......-- ....+.-- ......-- ......--
referral-expire          POST submitted    -------- -------- ......-- ....c.-- ......-- ......--

# A file of numbers is there for who asked for it alone, here the receiver's office.
export-list              GET  -            ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+
export-list              POST -            ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+ ++++++-+
export-detail            GET  export       ......-. ...+..-. ......-. ......-. ......-. ......-.
export-file              GET  export       ......-. ...+..-. ......-. ......-. ......-. ......-.

# Figures are reported by the manager and the office of a house, and by who looks over an alliance; an import
# is seen by its sender alone, here the receiver's office, which tried a file.
import-list              GET  -            -+-++--+ -+-++--+ -+-++--+ -+-++--+ -+-++--+ -+-++--+
import-list              POST -            -+-++--+ -+-++--+ -+-++--+ -+-++--+ -+-++--+ -+-++--+
import-detail            GET  import       -.-..--. -.-+.--. -.-..--. -.-..--. -.-..--. -.-..--.
import-carry-out         POST import       -.-..--. -.-+.--. -.-..--. -.-..--. -.-..--. -.-..--.

# Subscriptions, notices and tasks belong to one facility; here the sender's, the notice the receiver's.
webhook-list          GET     -            -+-+-+-- -+-+-+-- -+-+-+-- -+-+-+-- -+-+-+-- -+-+-+--
webhook-list          POST    -            -+-+-+-- -+-+-+-- -+-+-+-- -+-+-+-- -+-+-+-- -+-+-+--
webhook-detail        GET     webhook      -+-+-+-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.--
webhook-detail        PATCH   webhook      -+-+-+-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.--
webhook-detail        DELETE  webhook      -+-+-+-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.--
webhook-rotate-secret POST    webhook      -+-+-+-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.--
webhook-deliveries    GET     webhook      -+-+-+-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.--
webhook-redeliver     POST    webhook      -+-+-+-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.-- -.-.-.--
ack                   POST    message      ......-- ++++++-- ......-- ......-- ......-- ......--
notice-list           GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
notice-read           POST    notice       ......-- ++++++-- ......-- ......-- ......-- ......--
delivery-task-list    GET     -            ++++++-- ++++++-- ++++++-- ++++++-- ++++++-- ++++++--
delivery-task-close   POST    task         ++++++-- ......-- ......-- ......-- ......-- ......--
"""

# Answered to anybody, signed in or not.
OPEN: Final = {
    "healthz": {"GET"},
    "readyz": {"GET"},
    "schema": {"GET"},
    "docs": {"GET"},
    "set_language": {"POST"},
    "appearance": {"POST"},
    "accounts:sign-in": {"GET"},
    "accounts:sign-in-code": {"GET"},
    "accounts:to-provider": {"GET"},
    "accounts:provider-back": {"GET"},
    "accounts:unlock": {"GET"},
    "accounts:sign-out": {"POST"},
}

# Opened by the secret in the address and by nothing else; each has a test file of its own.
SECRET: Final = {
    "referral:tracking": "tests/referral/test_tracking.py",
    "referral:outside": "tests/referral/test_outside.py",
    "referral:outside-move": "tests/referral/test_outside.py",
    "referral:outside-enter": "tests/referral/test_outside.py",
}


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    address: str
    method: str
    object: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.address} {self.method} {self.object}"


def rows() -> Iterator[Row]:
    """Return the lines of the matrix."""
    for line in TABLE.splitlines():
        words = line.partition("#")[0].split()
        if words:
            address, method, name, *cells = words
            yield Row(address, method, name, tuple(cells))
