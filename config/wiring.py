"""Ties lower apps to what they may not import: names of channels, words a message may carry."""

# How a message travels to an endpoint: notifications/channels, one folder each.
CHANNELS = {
    "email": "notifications.channels.email.Email",
    "webhook": "notifications.channels.webhook.sending.Webhook",
}

# What words an alliance has set for messages that are sent to people: gets them, returns texts by id and language.
MESSAGE_WORDS = "referral.queries.message_texts.words"

# What stands around every page of a post, whichever app it belongs to: takes the actor, returns words of the frame.
PAGE_FRAME = "referral.frame.around"

# Keys of a notification's payload whose value is a code word; ids, times and numbers need no entry.
PAYLOAD_WORDS = frozenset(
    {
        "state",
        "from_state",
        "to_state",
        "direction",
        "urgency",
        "verb",
        "leg",
        "kind",
        "topic",
        "stage",
        "audience",
    }
)
