-- Every waiting customer: the clocks, policies, hand-offs and call-backs of contacts. Records of the first version of a
-- contract have no such fields; their rows get the contract's default.

ALTER TABLE raw_support
    COMMENT COLUMN type 'What happened. reply_needed takes a no_reply_needed back. tags_changed replaces the tags, also by none.',
    ADD COLUMN IF NOT EXISTS author_role LowCardinality(String) DEFAULT 'unknown' COMMENT 'Who wrote it, by role; unknown: what kind and type suggest.' AFTER merged_into,
    ADD COLUMN IF NOT EXISTS for_agent Bool COMMENT 'An agent is the requester: the contact is between colleagues.' AFTER author_role,
    ADD COLUMN IF NOT EXISTS forwarded Bool COMMENT 'The contact was opened by an agent who forwarded a customer\'s e-mail.' AFTER for_agent,
    ADD COLUMN IF NOT EXISTS tags Array(String) COMMENT 'The contact\'s tags after this event; empty leaves them as they were, but for tags_changed.' AFTER forwarded,
    ADD COLUMN IF NOT EXISTS tier LowCardinality(Nullable(String)) COMMENT 'The customer\'s tier as the help desk knows it; null leaves it as it was.' AFTER tags,
    ADD COLUMN IF NOT EXISTS closing_phrase Nullable(String) COMMENT 'What a customer\'s message says that ends a conversation ("thank you, bye"), found by the source; never the text of the message.' AFTER tier,
    ADD COLUMN IF NOT EXISTS window_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Begin of the time in which the customer is to be called back, for callback_requested.' AFTER closing_phrase,
    ADD COLUMN IF NOT EXISTS window_until Nullable(DateTime64(3, 'UTC')) COMMENT 'End of that time.' AFTER window_from;

ALTER TABLE raw_signals_contact
    COMMENT COLUMN event_id 'Deterministic: UUIDv5 of rule, rules version, contact, clock, instance, kind, and of what made it true (event, step or moment).',
    COMMENT COLUMN kind 'What is now true. activate, pause, fulfill, breach, update_status and apply_sla are the metric events of a help desk, for each clock; the rest is for people.',
    COMMENT COLUMN clock 'Which clock: first_reply, next_reply, periodic_update, pausable_update, requester_wait, agent_work, total_resolution, group_ownership, acknowledgement, callback, customer_wait (over all contacts of the customer), or contact for what concerns the contact as a whole.',
    COMMENT COLUMN team 'Owner; for handed_off the one that had it until then.',
    COMMENT COLUMN priority 'Priority under which the clock ran then.',
    COMMENT COLUMN started_at 'When the clock was started: the customer\'s message, the contact\'s creation, the reply, the assignment.',
    ADD COLUMN IF NOT EXISTS instance Int64 DEFAULT 1 COMMENT 'Which run of the clock, from 1.' AFTER breached_id,
    ADD COLUMN IF NOT EXISTS cause Nullable(String) COMMENT 'event_id of the event that made it true; null: time alone did.' AFTER instance,
    ADD COLUMN IF NOT EXISTS step LowCardinality(Nullable(String)) COMMENT 'For escalated: the step of the ladder, e.g. 75% or +2h.' AFTER cause,
    ADD COLUMN IF NOT EXISTS policy LowCardinality(Nullable(String)) COMMENT 'The policy in force; null: none matched.' AFTER step,
    ADD COLUMN IF NOT EXISTS calendar LowCardinality(Nullable(String)) COMMENT 'The calendar in which time is counted; null: around the clock.' AFTER policy,
    ADD COLUMN IF NOT EXISTS target_ms Nullable(Int64) COMMENT 'How long it may take, counted in that calendar, in milliseconds; null: no target.' AFTER calendar,
    ADD COLUMN IF NOT EXISTS counted_ms Nullable(Int64) COMMENT 'How long it took: time in the calendar, without pauses, in milliseconds.' AFTER target_ms,
    ADD COLUMN IF NOT EXISTS from_created_ms Nullable(Int64) COMMENT 'Time in the calendar since the contact was created, in milliseconds.' AFTER counted_ms,
    ADD COLUMN IF NOT EXISTS from_applied_ms Nullable(Int64) COMMENT 'Time in the calendar since the policy was applied, in milliseconds.' AFTER from_created_ms,
    ADD COLUMN IF NOT EXISTS status LowCardinality(String) DEFAULT 'unknown' COMMENT 'The contact\'s status then.' AFTER from_applied_ms,
    ADD COLUMN IF NOT EXISTS agent_id Nullable(String) COMMENT 'The agent who owned it; for handed_off until then.' AFTER status,
    ADD COLUMN IF NOT EXISTS to_team LowCardinality(Nullable(String)) COMMENT 'For handed_off: the team that owns it now.' AFTER agent_id,
    ADD COLUMN IF NOT EXISTS to_agent_id Nullable(String) COMMENT 'For handed_off: the agent who owns it now.' AFTER to_team,
    ADD COLUMN IF NOT EXISTS window_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Begin of the promised call-back window.' AFTER to_agent_id,
    ADD COLUMN IF NOT EXISTS window_until Nullable(DateTime64(3, 'UTC')) COMMENT 'End of the promised call-back window.' AFTER window_from,
    ADD COLUMN IF NOT EXISTS window_kept Nullable(Bool) COMMENT 'Whether the customer was called within the promised window; null: none was promised, or it is still open.' AFTER window_until,
    ADD COLUMN IF NOT EXISTS attempts Nullable(Int64) COMMENT 'Call-backs tried so far.' AFTER window_kept,
    ADD COLUMN IF NOT EXISTS net_ms Nullable(Int64) COMMENT 'For call-backs: wait since the last attempt, in milliseconds; elapsed_ms is the wait since the request.' AFTER attempts,
    ADD COLUMN IF NOT EXISTS detail Nullable(String) COMMENT 'Why, in words: for pause_integrity the status that was not lifted, for no_reply_needed the phrase.' AFTER net_ms,
    ADD COLUMN IF NOT EXISTS withdraws Nullable(String) COMMENT 'For withdrawn: event_id of the signal that proved false.' AFTER detail,
    MODIFY COMMENT 'A clock of a contact was started, paused or ended, or what follows from it for people: acknowledged, answered, escalated, breached. Keyed by profile.';

ALTER TABLE raw_contacts
    ADD COLUMN IF NOT EXISTS created_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First event of the contact.' AFTER rules_version,
    ADD COLUMN IF NOT EXISTS solved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was solved or closed, if it is.' AFTER created_at,
    ADD COLUMN IF NOT EXISTS policy LowCardinality(Nullable(String)) COMMENT 'The policy in force; null: none matched.' AFTER solved_at,
    ADD COLUMN IF NOT EXISTS calendar LowCardinality(Nullable(String)) COMMENT 'The calendar in which time is counted; null: around the clock.' AFTER policy,
    ADD COLUMN IF NOT EXISTS tags Array(String) COMMENT 'Its tags.' AFTER calendar,
    ADD COLUMN IF NOT EXISTS owned_since Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when its owner has it.' AFTER tags,
    ADD COLUMN IF NOT EXISTS next_due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first of its running clocks is due, breached ones apart.' AFTER owned_since,
    ADD COLUMN IF NOT EXISTS no_reply_needed Bool COMMENT 'Somebody said, or a phrase says, that the last message needs no reply.' AFTER next_due_at,
    ADD COLUMN IF NOT EXISTS clocks Array(Tuple(clock LowCardinality(String), instance Int64, state LowCardinality(String), started_at DateTime64(3, 'UTC'), due_at Nullable(DateTime64(3, 'UTC')), counted_ms Int64, remaining_ms Nullable(Int64), breached Bool, ended_at Nullable(DateTime64(3, 'UTC')))) COMMENT 'Its clocks: the last run of each.' AFTER no_reply_needed,
    ADD COLUMN IF NOT EXISTS callback_requested_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the customer asked to be called back, if that is open.' AFTER clocks,
    ADD COLUMN IF NOT EXISTS callback_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Begin of the promised window.' AFTER callback_requested_at,
    ADD COLUMN IF NOT EXISTS callback_until Nullable(DateTime64(3, 'UTC')) COMMENT 'End of the promised window.' AFTER callback_from,
    ADD COLUMN IF NOT EXISTS callback_attempts Int64 COMMENT 'Call-backs tried so far.' AFTER callback_until;
