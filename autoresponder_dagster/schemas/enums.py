"""The closed vocabularies of the business rules. A member's value is what files and frames hold."""

from enum import StrEnum


class Mode(StrEnum):
    """How a system is used (rules.md §2)."""

    LIVE = "live"
    READ_ONLY = "read_only"
    MOCK = "mock"


class Determination(StrEnum):
    """What an auto-reply says about its sender (rules.md §4)."""

    INACTIVE = "INACTIVE"
    REPLACEMENT = "REPLACEMENT"
    EMAIL_UPDATE = "EMAIL_UPDATE"
    TITLE_UPDATE = "TITLE_UPDATE"
    ACTIVE = "ACTIVE"
    OUT_OF_OFFICE = "OUT_OF_OFFICE"
    UNKNOWN = "UNKNOWN"


STATE_CHANGING = (
    Determination.INACTIVE,
    Determination.REPLACEMENT,
    Determination.EMAIL_UPDATE,
    Determination.TITLE_UPDATE,
    Determination.ACTIVE,
)
"""Determinations that may lead to a write."""

DEPARTURES = (Determination.INACTIVE, Determination.REPLACEMENT)
"""Determinations that say that the person is permanently gone."""


class Category(StrEnum):
    """The finer kind of a verdict (rules.md §4)."""

    # INACTIVE and REPLACEMENT
    LEFT = "left"
    RETIRED = "retired"
    DECEASED = "deceased"
    POSITION_ELIMINATED = "position_eliminated"
    NEW_EMPLOYER = "new_employer"
    # EMAIL_UPDATE
    ADDRESS_CHANGED = "address_changed"
    ORGANIZATION_RENAMED = "organization_renamed"
    NAME_CHANGED = "name_changed"
    # TITLE_UPDATE
    TITLE_CHANGED = "title_changed"
    # ACTIVE
    STILL_HERE = "still_here"
    RETURNED = "returned"
    # OUT_OF_OFFICE
    ABSENCE = "absence"
    EXTENDED_LEAVE = "extended_leave"
    OFFICE_CLOSED = "office_closed"
    # UNKNOWN
    UNDELIVERABLE = "undeliverable"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    FEEDBACK_REPORT = "feedback_report"
    READ_RECEIPT = "read_receipt"
    CHALLENGE_RESPONSE = "challenge_response"
    ACKNOWLEDGEMENT = "acknowledgement"
    MAILING_LIST = "mailing_list"
    UNSUBSCRIBE_REQUEST = "unsubscribe_request"
    FUTURE_DEPARTURE = "future_departure"
    MAILBOX_UNMONITORED = "mailbox_unmonitored"
    THIRD_PERSON = "third_person"
    UNDETERMINED_SENDER = "undetermined_sender"
    SPAM = "spam"
    HUMAN_MESSAGE = "human_message"
    PARSE_PROBLEM = "parse_problem"
    EMPTY = "empty"
    UNCLEAR = "unclear"


class SObject(StrEnum):
    """The two Salesforce objects that the pipeline reads and writes (rules.md §5)."""

    CONTACT = "Contact"
    LEAD = "Lead"


STATUS_FIELD = {SObject.CONTACT: "Contact_Status__c", SObject.LEAD: "Status"}
"""The field of each object that says whether the person is active (rules.md §5)."""

ACTIVE_STATUS = {SObject.CONTACT: "Active", SObject.LEAD: "Open - Not Contacted"}
"""The value of ``STATUS_FIELD`` that reactivates a record (rules.md §5)."""

INACTIVE_STATUS = "Inactive"
"""The value of ``STATUS_FIELD`` that sets a record inactive, on both objects (rules.md §5)."""


WRITABLE_FIELDS = {sobject: ("Email", "Title", STATUS_FIELD[sobject]) for sobject in SObject}
"""The fields of each object that the pipeline writes; no other is ever changed (rules.md §5)."""


class GateState(StrEnum):
    """What CUPOLA knows of an address (rules.md §3)."""

    ACTIVE_ROW = "ACTIVE_ROW"
    INACTIVE_ROW = "INACTIVE_ROW"
    NO_ROW = "NO_ROW"


class WriteAction(StrEnum):
    """What a planned row would do (rules.md §7, action_log)."""

    SET_INACTIVE = "set_inactive"
    REACTIVATE = "reactivate"
    SET_EMAIL = "set_email"
    SET_TITLE = "set_title"
    CREATE_CONTACT = "create_contact"
    ADD_SUPPRESSION = "add_suppression"


class Disposition(StrEnum):
    """What the plan decided about a row before any system was asked to write."""

    SEND = "send"
    NOOP = "noop"
    SKIP = "skip"


class WriteResultCode(StrEnum):
    """How a planned row ended (rules.md §7, action_log)."""

    APPLIED = "applied"
    NOOP = "noop"
    SKIPPED = "skipped"
    INTERCEPTED = "intercepted"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    REVERTED = "reverted"


class Gate(StrEnum):
    """Why a planned row is skipped without a question for Human Review.

    A guard that does raise a question uses the name of its ``ReviewReason`` instead.
    """

    MULTIPUB_OWNED = "MULTIPUB_OWNED"
    CUPOLA_NOT_ACTIVE = "CUPOLA_NOT_ACTIVE"
    DISQUALIFIED_LEAD = "DISQUALIFIED_LEAD"


class ReviewReason(StrEnum):
    """Why a person must decide (rules.md §5 and §9)."""

    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    CONFLICTING_EVIDENCE = "CONFLICTING_EVIDENCE"
    UNDETERMINED_SENDER = "UNDETERMINED_SENDER"
    PARSE_PROBLEM = "PARSE_PROBLEM"
    OUT_OF_OFFICE = "OUT_OF_OFFICE"
    FUTURE_DEPARTURE = "FUTURE_DEPARTURE"
    UNSUBSCRIBE_REQUEST = "UNSUBSCRIBE_REQUEST"
    SHARED_MAILBOX = "SHARED_MAILBOX"
    TOO_MANY_RECORDS = "TOO_MANY_RECORDS"
    ACTIVE_NEW_CONTACT = "ACTIVE_NEW_CONTACT"
    UPDATE_ON_INACTIVE = "UPDATE_ON_INACTIVE"
    REACTIVATION_CANDIDATE = "REACTIVATION_CANDIDATE"
    CUPOLA_AMBIGUOUS = "CUPOLA_AMBIGUOUS"
    INVALID_TARGET_EMAIL = "INVALID_TARGET_EMAIL"
    DUPLICATE_TARGET_EMAIL = "DUPLICATE_TARGET_EMAIL"
    DOMAIN_CHANGE = "DOMAIN_CHANGE"
    LEAD_CONVERTED = "LEAD_CONVERTED"
    STALE_EVIDENCE = "STALE_EVIDENCE"
    WRITE_FAILED = "WRITE_FAILED"
    WRITE_NO_LONGER_SUPPORTED = "WRITE_NO_LONGER_SUPPORTED"
    MULTIPUB_ACTIVE_SUBSCRIPTION = "MULTIPUB_ACTIVE_SUBSCRIPTION"
    UNSAFE_ADDRESS = "UNSAFE_ADDRESS"
