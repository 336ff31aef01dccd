"""The tables of the message service. Times are seconds since 1970.

Texts that may be long stand last in a row: what comes before them is read without walking through their pages. A message is `hidden` from
its delay or its receiver's taking on until somebody looks into the queue after `visible_at`; so the next one is found without stepping
over all those that are being worked on.
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (only INTEGER PRIMARY KEY CHECK (only = 1), logging_bucket TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS queue (
    name TEXT PRIMARY KEY,
    delay_seconds INTEGER NOT NULL,
    visibility_timeout INTEGER NOT NULL,
    maximum_message_size INTEGER NOT NULL,
    message_retention_period INTEGER NOT NULL,
    polling_wait_seconds INTEGER NOT NULL,
    logging_enabled INTEGER NOT NULL,
    queue_type TEXT NOT NULL,
    dead_letter_queue TEXT NOT NULL,
    max_receive_count INTEGER NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS message (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    queue TEXT NOT NULL REFERENCES queue (name) ON DELETE CASCADE,
    md5 TEXT NOT NULL,
    priority INTEGER NOT NULL,
    enqueued REAL NOT NULL,
    visible_at REAL NOT NULL,
    hidden INTEGER NOT NULL,
    expires REAL NOT NULL,
    dequeue_count INTEGER NOT NULL DEFAULT 0,
    first_dequeued REAL NOT NULL DEFAULT 0,
    receipt TEXT,
    message_group TEXT NOT NULL,
    user_properties TEXT NOT NULL,
    system_properties TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_ready ON message (queue, priority, sequence) WHERE hidden = 0;
CREATE INDEX IF NOT EXISTS message_hidden ON message (queue, visible_at) WHERE hidden = 1;
CREATE INDEX IF NOT EXISTS message_tried ON message (queue, dequeue_count) WHERE hidden = 0 AND dequeue_count > 0;
CREATE INDEX IF NOT EXISTS message_grouped ON message (queue, message_group, sequence) WHERE message_group <> '';

CREATE TABLE IF NOT EXISTS topic (
    name TEXT PRIMARY KEY,
    maximum_message_size INTEGER NOT NULL,
    logging_enabled INTEGER NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS subscription (
    topic TEXT NOT NULL REFERENCES topic (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    filter_tag TEXT NOT NULL,
    notify_strategy TEXT NOT NULL,
    content_format TEXT NOT NULL,
    dead_letter_queue TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    PRIMARY KEY (topic, name)
);
CREATE TABLE IF NOT EXISTS publication (
    id TEXT PRIMARY KEY,
    topic TEXT NOT NULL REFERENCES topic (name) ON DELETE CASCADE,
    published REAL NOT NULL,
    md5 TEXT NOT NULL,
    tag TEXT NOT NULL,
    message_group TEXT NOT NULL,
    user_properties TEXT NOT NULL,
    system_properties TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS publication_topic ON publication (topic, published);
CREATE INDEX IF NOT EXISTS publication_age ON publication (published);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    publication TEXT NOT NULL REFERENCES publication (id) ON DELETE CASCADE,
    topic TEXT NOT NULL,
    destination TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (topic, destination, due);
CREATE INDEX IF NOT EXISTS delivery_publication ON delivery (publication);
"""
