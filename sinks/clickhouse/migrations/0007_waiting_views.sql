-- What support leads read: clocks, policies, hand-offs, call-backs, and who waits. Every view counts a signal once, however
-- often it was published, and leaves out what was withdrawn, and the withdrawals.

CREATE OR REPLACE VIEW v_contact_signals
(
    event_id String COMMENT 'The signal.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    kind String COMMENT 'What became true. activate, pause, fulfill, breach, update_status and apply_sla are metric events.',
    clock String COMMENT 'Which clock; contact: the contact as a whole.',
    instance Int64 COMMENT 'Which run of the clock, from 1.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it became true, in event time.',
    processed_at DateTime64(3, 'UTC') COMMENT 'When the worker said so.',
    rules_version String COMMENT 'Version of the rules that decided.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'The team that owned it then.',
    agent_id Nullable(String) COMMENT 'The agent who owned it then.',
    priority String COMMENT 'Priority under which the clock ran then.',
    status String COMMENT 'The contact\'s status then.',
    policy Nullable(String) COMMENT 'The policy in force; null: none matched.',
    calendar Nullable(String) COMMENT 'The calendar in which time is counted; null: around the clock.',
    started_at DateTime64(3, 'UTC') COMMENT 'When the clock was started.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was due; null without a target, and while it stood still.',
    target_ms Nullable(Int64) COMMENT 'How long it may take, counted in the calendar, in milliseconds; null: no target.',
    counted_ms Nullable(Int64) COMMENT 'Time on the clock until then: in the calendar, without pauses, in milliseconds.',
    elapsed_ms Int64 COMMENT 'Time from started_at until then, in milliseconds.',
    from_created_ms Nullable(Int64) COMMENT 'Time in the calendar since the contact was created, in milliseconds.',
    from_applied_ms Nullable(Int64) COMMENT 'Time in the calendar since the policy was applied, in milliseconds.',
    cause Nullable(String) COMMENT 'event_id of the event that made it true; null: time alone did.',
    breached_id Nullable(String) COMMENT 'For answered_late: event_id of the breached signal.',
    step Nullable(String) COMMENT 'For escalated: the step of the ladder, e.g. 75% or +2h.',
    to_team Nullable(String) COMMENT 'For handed_off: the team that owns it now.',
    to_agent_id Nullable(String) COMMENT 'For handed_off: the agent who owns it now.',
    window_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Begin of the promised call-back window.',
    window_until Nullable(DateTime64(3, 'UTC')) COMMENT 'End of the promised call-back window.',
    window_kept Nullable(Bool) COMMENT 'Whether the customer was called within that window; null: none was promised, or it was still open.',
    attempts Nullable(Int64) COMMENT 'Call-backs tried so far.',
    net_ms Nullable(Int64) COMMENT 'For call-backs: wait since the last attempt, in milliseconds.',
    detail Nullable(String) COMMENT 'Why, in words.'
)
AS
WITH false_signals AS
(
    SELECT assumeNotNull(coalesce(withdraws, breached_id)) AS event_id
    FROM raw_signals_contact
    WHERE kind = 'withdrawn' AND coalesce(withdraws, breached_id) IS NOT NULL
)
SELECT
    event_id,
    shop_id,
    profile_id,
    contact_id,
    kind,
    clock,
    instance,
    occurred_at,
    processed_at,
    rules_version,
    channel,
    team,
    agent_id,
    priority,
    status,
    policy,
    calendar,
    started_at,
    due_at,
    target_ms,
    counted_ms,
    elapsed_ms,
    from_created_ms,
    from_applied_ms,
    cause,
    breached_id,
    step,
    to_team,
    to_agent_id,
    window_from,
    window_until,
    window_kept,
    attempts,
    net_ms,
    detail
FROM raw_signals_contact
WHERE kind != 'withdrawn' AND event_id NOT IN (SELECT event_id FROM false_signals)
LIMIT 1 BY event_id
COMMENT 'One row per signal of a contact that stands: once, and neither a withdrawal nor withdrawn.';

-- As before, but that the metric events of its clock say nothing of a question, and that a withdrawal takes back the
-- signal that it names and no other.
CREATE OR REPLACE VIEW v_first_reply
(
    shop_id String COMMENT 'The shop.',
    contact_id String COMMENT 'The contact.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    asked_at DateTime64(3, 'UTC') COMMENT 'The customer message that started the clock.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'Owner.',
    priority String COMMENT 'Priority when the clock was started.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When an answer was due; null without a target.',
    acknowledged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was acknowledged, if it was; no answer.',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When a human answered, in time or late; null if nobody did.',
    breached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the target was missed; null if it was kept, or if the signal was withdrawn.',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was closed without an answer.',
    answered_after_ms Nullable(Int64) COMMENT 'From the question to the answer, in milliseconds.',
    outcome String COMMENT 'answered (in time), answered_late, breached (still waiting), closed (without an answer) or acknowledged (and nothing more yet).'
)
AS
WITH clocks AS
(
    SELECT
        s.shop_id AS shop_id,
        s.contact_id AS contact_id,
        s.started_at AS asked_at,
        argMax(s.profile_id, s.processed_at) AS profile_id,
        argMax(s.channel, s.processed_at) AS channel,
        argMax(s.team, s.processed_at) AS team,
        argMax(s.priority, s.processed_at) AS priority,
        max(s.due_at) AS due_at,
        minOrNullIf(s.occurred_at, s.kind = 'acknowledged') AS acknowledged_at,
        minOrNullIf(s.occurred_at, s.kind IN ('answered', 'answered_late')) AS answered_at,
        minOrNullIf(s.elapsed_ms, s.kind IN ('answered', 'answered_late')) AS answered_after_ms,
        countIf(s.kind = 'answered_late') > 0 AS late,
        minOrNullIf(s.occurred_at, s.kind = 'breached') AS breached_at,
        minOrNullIf(s.occurred_at, s.kind = 'closed') AS closed_at
    FROM v_contact_signals AS s
    WHERE (s.clock = 'first_reply' AND s.kind IN ('answered', 'answered_late', 'breached', 'closed'))
       OR (s.clock = 'acknowledgement' AND s.kind = 'acknowledged')
    GROUP BY s.shop_id, s.contact_id, s.started_at
)
SELECT
    shop_id,
    contact_id,
    profile_id,
    asked_at,
    channel,
    team,
    priority,
    due_at,
    acknowledged_at,
    answered_at,
    breached_at,
    closed_at,
    answered_after_ms,
    multiIf(
        late, 'answered_late',
        answered_at IS NOT NULL, 'answered',
        breached_at IS NOT NULL, 'breached',
        closed_at IS NOT NULL, 'closed',
        'acknowledged') AS outcome
FROM clocks
COMMENT 'One row per question whose first-reply clock has come to something: answered, breached, closed.';

CREATE OR REPLACE VIEW v_clocks
(
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    clock String COMMENT 'Which clock, e.g. first_reply.',
    instance Int64 COMMENT 'Which run of the clock, from 1.',
    channel String COMMENT 'How the contact reached the shop.',
    policy Nullable(String) COMMENT 'The policy in force when it was missed, or else last; null: none matched.',
    calendar Nullable(String) COMMENT 'The calendar in which it was counted when it was missed, or else last; null: around the clock.',
    priority String COMMENT 'Priority when it was missed, or else last.',
    team Nullable(String) COMMENT 'The team that owned the contact when it was missed, or else last.',
    agent_id Nullable(String) COMMENT 'The agent who owned the contact when it was missed, or else last.',
    target_ms Nullable(Int64) COMMENT 'How long it might take when it was missed, or else last, counted in the calendar, in milliseconds; null: no target.',
    outcome String COMMENT 'hit (ended in time), missed (also while it runs on), running (not ended, not missed), no_target (ended, and nothing was promised).',
    state String COMMENT 'running, paused or ended.',
    started_at DateTime64(3, 'UTC') COMMENT 'When the clock was started.',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; null while it runs or stands still.',
    ended_as Nullable(String) COMMENT 'How it ended, for people: answered, answered_late, closed (without an answer), acknowledged, callback_reached, callback_expired; fulfill: the kind of clock that only ends.',
    breached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the target was missed; null if it was not.',
    counted_ms Int64 COMMENT 'Time on the clock, in the calendar and without pauses, in milliseconds; of one that goes on, until as_of.',
    elapsed_ms Int64 COMMENT 'Time from its start, in milliseconds; of one that goes on, until as_of.',
    from_created_ms Nullable(Int64) COMMENT 'Time in the calendar since the contact was created, in milliseconds.',
    from_applied_ms Nullable(Int64) COMMENT 'Time in the calendar since the policy was applied, in milliseconds.',
    pauses UInt64 COMMENT 'How often it stood still.',
    as_of DateTime64(3, 'UTC') COMMENT 'The last signal of it, in event time.'
)
AS
WITH
    signals AS
    (
        SELECT
            *,
            multiIf(kind IN ('activate', 'callback_requested'), 1, kind = 'pause', 2, kind IN ('fulfill', 'answered', 'answered_late', 'closed', 'acknowledged', 'callback_reached', 'callback_expired'), 3, 0) AS move,
            kind IN ('breach', 'breached') AS missed,
            (occurred_at, processed_at) AS said,
            (kind IN ('breach', 'breached'), occurred_at, processed_at) AS decided
        FROM v_contact_signals
        WHERE clock != 'contact'
    ),
    runs AS
    (
        SELECT
            s.shop_id AS shop_id,
            s.contact_id AS contact_id,
            s.clock AS clock,
            s.instance AS instance,
            s.started_at AS started_at,
            argMax(s.profile_id, s.said) AS profile_id,
            argMax(s.channel, s.said) AS channel,
            argMax(tuple(s.policy), s.decided).1 AS policy,
            argMax(tuple(s.calendar), s.decided).1 AS calendar,
            argMax(s.priority, s.decided) AS priority,
            argMax(tuple(s.team), s.decided).1 AS team,
            argMax(tuple(s.agent_id), s.decided).1 AS agent_id,
            argMax(tuple(s.target_ms), s.decided).1 AS target_ms,
            maxIf((s.occurred_at, s.move), s.move > 0) AS moved,
            argMaxOrNullIf(s.kind, s.said, s.move = 3 AND s.kind != 'fulfill') AS concluded,
            minOrNullIf(s.occurred_at, s.missed) AS breached_at,
            countIf(s.kind = 'answered_late') > 0 AS late,
            max(s.due_at IS NOT NULL) AS promised,
            argMax(s.counted_ms, s.said) AS counted_ms,
            argMax(s.elapsed_ms, s.said) AS elapsed_ms,
            argMax(s.from_created_ms, s.said) AS from_created_ms,
            argMax(s.from_applied_ms, s.said) AS from_applied_ms,
            countIf(s.kind = 'pause') AS pauses,
            max(s.occurred_at) AS as_of
        FROM signals AS s
        GROUP BY s.shop_id, s.contact_id, s.clock, s.instance, s.started_at
    )
SELECT
    shop_id,
    profile_id,
    contact_id,
    clock,
    instance,
    channel,
    policy,
    calendar,
    priority,
    team,
    agent_id,
    target_ms,
    multiIf(
        breached_at IS NOT NULL OR late, 'missed',
        state != 'ended', 'running',
        target_ms IS NOT NULL OR promised, 'hit',
        'no_target') AS outcome,
    transform(moved.2, [2, 3], ['paused', 'ended'], 'running') AS state,
    started_at,
    if(state = 'ended', moved.1, NULL) AS ended_at,
    if(state = 'ended', ifNull(concluded, 'fulfill'), NULL) AS ended_as,
    breached_at,
    ifNull(counted_ms, elapsed_ms) AS counted_ms,
    elapsed_ms,
    from_created_ms,
    from_applied_ms,
    pauses,
    as_of
FROM runs
COMMENT 'One row per run of a clock: what was promised, how long it took, whether the promise was kept.';

CREATE OR REPLACE VIEW v_sla
(
    day Date COMMENT 'The day (UTC) on which it was decided: when it was missed, or when it ended.',
    shop_id String COMMENT 'The shop.',
    clock String COMMENT 'Which clock, e.g. first_reply.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'The team that owned the contacts then.',
    priority String COMMENT 'Priority then.',
    policy Nullable(String) COMMENT 'The policy in force then; null: none matched.',
    runs UInt64 COMMENT 'Runs of the clock.',
    hit UInt64 COMMENT 'Ended in time.',
    missed UInt64 COMMENT 'Missed, whether they have ended or not.',
    hit_rate Nullable(Float64) COMMENT 'Hit of hit and missed, from 0 to 1; null where nothing was promised.',
    ended UInt64 COMMENT 'Ended, with a target or without: of these are the percentiles.',
    p50_ms Nullable(Int64) COMMENT '50 % of those that ended took no longer: time in the calendar without pauses, in milliseconds; null if none has ended.',
    p90_ms Nullable(Int64) COMMENT '90 % of those that ended took no longer: time in the calendar without pauses, in milliseconds; null if none has ended.',
    p95_ms Nullable(Int64) COMMENT '95 % of those that ended took no longer: time in the calendar without pauses, in milliseconds; null if none has ended.',
    p99_ms Nullable(Int64) COMMENT '99 % of those that ended took no longer: time in the calendar without pauses, in milliseconds; null if none has ended.'
)
AS
SELECT
    toDate(assumeNotNull(coalesce(breached_at, ended_at))) AS day,
    shop_id,
    clock,
    channel,
    team,
    priority,
    policy,
    count() AS runs,
    countIf(outcome = 'hit') AS hit,
    countIf(outcome = 'missed') AS missed,
    if(hit + missed = 0, NULL, hit / (hit + missed)) AS hit_rate,
    countIf(state = 'ended') AS ended,
    if(ended = 0, NULL, quantileExactIf(0.5)(counted_ms, state = 'ended')) AS p50_ms,
    if(ended = 0, NULL, quantileExactIf(0.9)(counted_ms, state = 'ended')) AS p90_ms,
    if(ended = 0, NULL, quantileExactIf(0.95)(counted_ms, state = 'ended')) AS p95_ms,
    if(ended = 0, NULL, quantileExactIf(0.99)(counted_ms, state = 'ended')) AS p99_ms
FROM v_clocks
WHERE breached_at IS NOT NULL OR ended_at IS NOT NULL
GROUP BY day, shop_id, clock, channel, team, priority, policy
COMMENT 'Promises kept and time taken, by day, clock, channel, team, priority and policy. Percentiles of groups can not be averaged: take those of other groups from v_clocks.';

CREATE OR REPLACE VIEW v_handoffs
(
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    instance Int64 COMMENT 'Which owner of the contact it was, from 1.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'Who held it: the team.',
    agent_id Nullable(String) COMMENT 'Who held it: the agent; null: nobody in particular.',
    held_from DateTime64(3, 'UTC') COMMENT 'Since when.',
    held_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Until when; null: still.',
    handed_off Bool COMMENT 'Somebody else took it over. False: it is held still, or it was solved or closed.',
    to_team Nullable(String) COMMENT 'The team that took it over.',
    to_agent_id Nullable(String) COMMENT 'The agent who took it over.',
    held_ms Int64 COMMENT 'How long, in milliseconds; of what is held still, until as_of.',
    counted_ms Int64 COMMENT 'How long in the calendar, in milliseconds; of what is held still, until as_of.',
    as_of DateTime64(3, 'UTC') COMMENT 'The last signal of it, in event time.'
)
AS
WITH handed AS
(
    SELECT
        shop_id,
        contact_id,
        instance,
        started_at,
        any(team) AS team,
        any(agent_id) AS agent_id,
        any(to_team) AS to_team,
        any(to_agent_id) AS to_agent_id,
        count() AS times
    FROM v_contact_signals
    WHERE kind = 'handed_off'
    GROUP BY shop_id, contact_id, instance, started_at
)
SELECT
    c.shop_id AS shop_id,
    c.profile_id AS profile_id,
    c.contact_id AS contact_id,
    c.instance AS instance,
    c.channel AS channel,
    if(h.times > 0, h.team, c.team) AS team,
    if(h.times > 0, h.agent_id, c.agent_id) AS agent_id,
    c.started_at AS held_from,
    if(h.times > 0, c.as_of, c.ended_at) AS held_until,
    CAST(h.times > 0, 'Bool') AS handed_off,
    h.to_team AS to_team,
    h.to_agent_id AS to_agent_id,
    c.elapsed_ms AS held_ms,
    c.counted_ms AS counted_ms,
    c.as_of AS as_of
FROM v_clocks AS c
LEFT JOIN handed AS h USING (shop_id, contact_id, instance, started_at)
WHERE c.clock = 'group_ownership'
COMMENT 'One row per owner of a contact: who held it from when until when, and to whom it went.';

CREATE OR REPLACE VIEW v_callbacks
(
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    instance Int64 COMMENT 'Which call-back of the contact, from 1.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'The team that owned the contact last.',
    agent_id Nullable(String) COMMENT 'The agent who owned the contact last.',
    requested_at DateTime64(3, 'UTC') COMMENT 'When the customer asked for it.',
    window_from Nullable(DateTime64(3, 'UTC')) COMMENT 'Begin of the window that was promised last.',
    window_until Nullable(DateTime64(3, 'UTC')) COMMENT 'End of that window; null: none was promised.',
    attempts Int64 COMMENT 'How often a call was tried.',
    first_attempted_at Nullable(DateTime64(3, 'UTC')) COMMENT 'The first try.',
    last_attempted_at Nullable(DateTime64(3, 'UTC')) COMMENT 'The last try.',
    reached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the customer was reached.',
    expired_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was given up: as many tries as there may be, or time.',
    cancelled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was called off, or the contact solved without it.',
    breached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the promise was missed: the window, or the target without one.',
    window_kept Nullable(Bool) COMMENT 'Whether a call was tried within the window; null: none was promised, or it is open.',
    gross_ms Int64 COMMENT 'Wait since the request, in milliseconds; of one that is open, until the last signal.',
    net_ms Nullable(Int64) COMMENT 'Wait since the last try before that, or since the request without one, in milliseconds.',
    outcome String COMMENT 'reached, expired, cancelled or open.'
)
AS
WITH calls AS
(
    SELECT
        s.shop_id AS shop_id,
        s.contact_id AS contact_id,
        s.instance AS instance,
        s.started_at AS requested_at,
        argMax(s.profile_id, (s.occurred_at, s.processed_at)) AS profile_id,
        argMax(s.channel, (s.occurred_at, s.processed_at)) AS channel,
        argMax(s.team, (s.occurred_at, s.processed_at)) AS team,
        argMax(s.agent_id, (s.occurred_at, s.processed_at)) AS agent_id,
        argMax(s.window_from, (s.occurred_at, s.processed_at)) AS window_from,
        argMax(s.window_until, (s.occurred_at, s.processed_at)) AS window_until,
        argMax(s.window_kept, (s.occurred_at, s.attempts, s.processed_at)) AS window_kept,
        max(ifNull(s.attempts, 0)) AS attempts,
        minOrNullIf(s.occurred_at, s.kind = 'callback_attempted') AS first_attempted_at,
        maxOrNullIf(s.occurred_at, s.kind = 'callback_attempted') AS last_attempted_at,
        minOrNullIf(s.occurred_at, s.kind = 'callback_reached') AS reached_at,
        minOrNullIf(s.occurred_at, s.kind = 'callback_expired') AS expired_at,
        minOrNullIf(s.occurred_at, s.kind = 'closed') AS cancelled_at,
        minOrNullIf(s.occurred_at, s.kind = 'breached') AS breached_at,
        max(s.elapsed_ms) AS gross_ms,
        argMax(s.net_ms, (s.kind IN ('callback_reached', 'callback_expired', 'closed'), s.occurred_at)) AS net_ms
    FROM v_contact_signals AS s
    WHERE s.clock = 'callback'
    GROUP BY s.shop_id, s.contact_id, s.instance, s.started_at
)
SELECT
    shop_id,
    profile_id,
    contact_id,
    instance,
    channel,
    team,
    agent_id,
    requested_at,
    window_from,
    window_until,
    attempts,
    first_attempted_at,
    last_attempted_at,
    reached_at,
    expired_at,
    cancelled_at,
    breached_at,
    window_kept,
    gross_ms,
    net_ms,
    multiIf(
        reached_at IS NOT NULL, 'reached',
        expired_at IS NOT NULL, 'expired',
        cancelled_at IS NOT NULL, 'cancelled',
        'open') AS outcome
FROM calls
COMMENT 'One row per call-back that a customer asked for: what was promised, tried, and what became of it.';

CREATE OR REPLACE VIEW v_escalations
(
    event_id String COMMENT 'The signal.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    clock String COMMENT 'Which clock, e.g. first_reply.',
    instance Int64 COMMENT 'Which run of the clock, from 1.',
    step Nullable(String) COMMENT 'The step of the ladder, e.g. 75% or +2h.',
    escalated_at DateTime64(3, 'UTC') COMMENT 'When it was reached, in event time.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'The team that owned it then.',
    agent_id Nullable(String) COMMENT 'The agent who owned it then.',
    priority String COMMENT 'Priority under which the clock ran then.',
    status String COMMENT 'The contact\'s status then.',
    policy Nullable(String) COMMENT 'The policy in force; null: none matched.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was due; null without a target, and while it stood still.',
    target_ms Nullable(Int64) COMMENT 'How long it may take, counted in the calendar, in milliseconds; null: no target.',
    counted_ms Nullable(Int64) COMMENT 'Time on the clock then, in milliseconds.'
)
AS
SELECT
    event_id, shop_id, profile_id, contact_id, clock, instance, step, occurred_at AS escalated_at, channel, team, agent_id,
    priority, status, policy, due_at, target_ms, counted_ms
FROM v_contact_signals
WHERE kind = 'escalated'
COMMENT 'One row per step of a ladder that the clock of a contact reached.';

CREATE OR REPLACE VIEW v_pause_integrity
(
    event_id String COMMENT 'The signal.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    noticed_at DateTime64(3, 'UTC') COMMENT 'When the customer wrote, in event time.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'The team that owned it then.',
    agent_id Nullable(String) COMMENT 'The agent who owned it then.',
    priority String COMMENT 'Priority under which the clock ran then.',
    status String COMMENT 'The status that was not lifted.',
    policy Nullable(String) COMMENT 'The policy in force; null: none matched.',
    detail Nullable(String) COMMENT 'The same in words.',
    cause Nullable(String) COMMENT 'event_id of the customer\'s message.'
)
AS
SELECT
    event_id, shop_id, profile_id, contact_id, occurred_at AS noticed_at, channel, team, agent_id, priority, status, policy,
    detail, cause
FROM v_contact_signals
WHERE kind = 'pause_integrity'
COMMENT 'One row per message of a customer that came while the contact was put off: the clocks went on, whatever the status said.';

CREATE OR REPLACE VIEW v_contact_shares
(
    day Date COMMENT 'The day (UTC) on which the contacts began.',
    shop_id String COMMENT 'The shop.',
    channel String COMMENT 'How the contact reached the shop.',
    contacts UInt64 COMMENT 'Contacts.',
    acknowledged UInt64 COMMENT 'Of these, acknowledged by a machine.',
    answered UInt64 COMMENT 'Of these, answered by a human.',
    resolved UInt64 COMMENT 'Of these, solved or closed now.',
    acknowledged_share Float64 COMMENT 'From 0 to 1.',
    answered_share Float64 COMMENT 'From 0 to 1.',
    resolved_share Float64 COMMENT 'From 0 to 1.'
)
AS
WITH newest AS
(
    SELECT *
    FROM raw_contacts
    WHERE (_topic, _topic_id, _partition, _offset) IN
    (
        SELECT argMax(place, landed_at)
        FROM
        (
            SELECT
                shop_id,
                contact_id,
                (_topic, _topic_id, _partition, max(_offset)) AS place,
                max(_landed_at) AS landed_at
            FROM raw_contacts
            GROUP BY shop_id, contact_id, _topic, _topic_id, _partition
        )
        GROUP BY shop_id, contact_id
    )
    LIMIT 1 BY shop_id, contact_id
)
SELECT
    toDate(coalesce(created_at, asked_at, updated_at)) AS day,
    shop_id,
    channel,
    count() AS contacts,
    countIf(acknowledged_at IS NOT NULL) AS acknowledged,
    countIf(answered_at IS NOT NULL) AS answered,
    countIf(solved_at IS NOT NULL OR status IN ('solved', 'closed')) AS resolved,
    acknowledged / contacts AS acknowledged_share,
    answered / contacts AS answered_share,
    resolved / contacts AS resolved_share
FROM newest
GROUP BY day, shop_id, channel
COMMENT 'How many contacts of a day and channel were acknowledged, answered and resolved: each by its newest state, forgotten ones included.';

CREATE OR REPLACE VIEW v_contact_states
(
    contact_id String COMMENT 'The contact.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'Owner.',
    agent_id Nullable(String) COMMENT 'Owner.',
    priority String COMMENT 'Priority.',
    status String COMMENT 'Status as the help desk states it.',
    policy Nullable(String) COMMENT 'The policy in force; null: none matched.',
    waits Bool COMMENT 'A customer waits for a reply or for a call-back.',
    waiting_since Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when.',
    clock Nullable(String) COMMENT 'Which of its running clocks is due first; null: none has a target.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that is; null: never.',
    clocks Array(Tuple(clock String, state String, due_at Nullable(DateTime64(3, 'UTC')), breached Bool)) COMMENT 'Its clocks that have not ended.',
    updated_at DateTime64(3, 'UTC') COMMENT 'Event time of this state.',
    _topic String COMMENT 'The topic it was read from.',
    _topic_id String COMMENT 'The id of that topic.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.'
)
AS
SELECT
    contact_id,
    shop_id,
    profile_id,
    channel,
    team,
    agent_id,
    priority,
    status,
    policy,
    CAST(waiting OR callback_requested_at IS NOT NULL, 'Bool') AS waits,
    since AS waiting_since,
    if(empty(pressing), NULL, pressing[1].1) AS clock,
    if(empty(pressing), NULL, pressing[1].3) AS due_at,
    open_clocks AS clocks,
    updated_at,
    _topic,
    _topic_id,
    _partition,
    _offset
FROM
(
    SELECT
        *,
        if(waiting, ifNull(waiting_since, updated_at), NULL) AS asked,
        coalesce(least(asked, callback_requested_at), asked, callback_requested_at) AS since,
        CAST(
            multiIf(
                notEmpty(clocks), arrayMap(c -> (c.clock, c.state, c.due_at, c.breached), arrayFilter(c -> c.state != 'ended', clocks)),
                first_reply_due_at IS NOT NULL AND answered_at IS NULL, [('first_reply', 'running', first_reply_due_at, breached)],
                []),
            'Array(Tuple(clock String, state String, due_at Nullable(DateTime64(3, \'UTC\')), breached Bool))') AS open_clocks,
        arraySort(c -> c.3, arrayFilter(c -> c.2 = 'running' AND c.3 IS NOT NULL, open_clocks)) AS pressing
    FROM raw_contacts
)
COMMENT 'One row per record of cx.contacts: whether somebody waited then, and what was due. v_queue and v_queue_at choose among them.';

CREATE OR REPLACE VIEW v_queue
(
    contact_id String COMMENT 'The contact.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'Owner; null: nobody.',
    agent_id Nullable(String) COMMENT 'Owner; null: nobody in particular.',
    priority String COMMENT 'Priority.',
    status String COMMENT 'Status as the help desk states it.',
    policy Nullable(String) COMMENT 'The policy in force; null: none matched.',
    waiting_since DateTime64(3, 'UTC') COMMENT 'Since when a customer waits, for a reply or a call-back.',
    clock Nullable(String) COMMENT 'Which of its running clocks is due first, missed or not; null: none has a target.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that is; null: never.',
    breached Array(String) COMMENT 'The open clocks that missed their target.',
    updated_at DateTime64(3, 'UTC') COMMENT 'Event time of the state that this was read from.'
)
AS
WITH
    forgotten AS
    (
        SELECT _topic, _topic_id, key, max(_offset) + 1 AS behind
        FROM raw_tombstones
        GROUP BY _topic, _topic_id, key
    )
SELECT
    s.contact_id AS contact_id,
    s.shop_id AS shop_id,
    s.profile_id AS profile_id,
    s.channel AS channel,
    s.team AS team,
    s.agent_id AS agent_id,
    s.priority AS priority,
    s.status AS status,
    s.policy AS policy,
    assumeNotNull(s.waiting_since) AS waiting_since,
    s.clock AS clock,
    s.due_at AS due_at,
    arrayMap(c -> c.clock, arrayFilter(c -> c.breached, s.clocks)) AS breached,
    s.updated_at AS updated_at
FROM v_contact_states AS s
LEFT JOIN forgotten AS f ON f._topic = s._topic AND f._topic_id = s._topic_id AND f.key = concat(s.shop_id, '/', s.contact_id)
WHERE s.waits
    AND (s._topic, s._topic_id, s._partition, s._offset) IN
    (
        SELECT argMax(place, landed_at)
        FROM
        (
            SELECT
                shop_id,
                contact_id,
                (_topic, _topic_id, _partition, max(_offset)) AS place,
                max(_landed_at) AS landed_at
            FROM raw_contacts
            GROUP BY shop_id, contact_id, _topic, _topic_id, _partition
        )
        GROUP BY shop_id, contact_id
    )
    AND f.behind <= s._offset
LIMIT 1 BY s.shop_id, s.contact_id
COMMENT 'One row per contact in which a customer waits now: its newest state, unless it is forgotten.';

CREATE OR REPLACE VIEW v_queue_at
(
    contact_id String COMMENT 'The contact.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'Owner; null: nobody.',
    agent_id Nullable(String) COMMENT 'Owner; null: nobody in particular.',
    priority String COMMENT 'Priority.',
    status String COMMENT 'Status as the help desk states it.',
    policy Nullable(String) COMMENT 'The policy in force; null: none matched.',
    waiting_since DateTime64(3, 'UTC') COMMENT 'Since when a customer waits, for a reply or a call-back.',
    clock Nullable(String) COMMENT 'Which of its running clocks is due first, missed or not; null: none has a target.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that is; null: never.',
    breached Array(String) COMMENT 'The open clocks that missed their target by then.',
    updated_at DateTime64(3, 'UTC') COMMENT 'Event time of the state that this was read from.'
)
AS
WITH
    forgotten AS
    (
        SELECT _topic, _topic_id, key, max(_offset) + 1 AS behind
        FROM raw_tombstones
        GROUP BY _topic, _topic_id, key
    )
SELECT
    s.contact_id AS contact_id,
    s.shop_id AS shop_id,
    s.profile_id AS profile_id,
    s.channel AS channel,
    s.team AS team,
    s.agent_id AS agent_id,
    s.priority AS priority,
    s.status AS status,
    s.policy AS policy,
    assumeNotNull(s.waiting_since) AS waiting_since,
    s.clock AS clock,
    s.due_at AS due_at,
    arrayMap(c -> c.clock, arrayFilter(c -> if(c.due_at IS NULL, c.breached, c.due_at < {at:DateTime64(3, 'UTC')}), s.clocks)) AS breached,
    s.updated_at AS updated_at
FROM v_contact_states AS s
LEFT JOIN forgotten AS f ON f._topic = s._topic AND f._topic_id = s._topic_id AND f.key = concat(s.shop_id, '/', s.contact_id)
WHERE s.waits
    AND (s._topic, s._topic_id, s._partition, s._offset) IN
    (
        SELECT argMax(place, landed_at)
        FROM
        (
            SELECT
                shop_id,
                contact_id,
                (_topic, _topic_id, _partition, max(_offset)) AS place,
                max(_landed_at) AS landed_at
            FROM raw_contacts
            WHERE updated_at <= {at:DateTime64(3, 'UTC')}
            GROUP BY shop_id, contact_id, _topic, _topic_id, _partition
        )
        GROUP BY shop_id, contact_id
    )
    AND (f.behind <= s._offset OR {at:DateTime64(3, 'UTC')} < s.updated_at + INTERVAL 30 DAY)
    AND (s.shop_id, s.profile_id) NOT IN (SELECT shop_id, profile_id FROM raw_profile_updates WHERE type = 'profile_erased')
LIMIT 1 BY s.shop_id, s.contact_id
COMMENT 'v_queue_at(at=\'2026-03-02 12:00:00\'): one row per contact in which a customer waited at that moment, in event time (UTC), as far as is known today; columns as in v_queue. Contacts that are forgotten by now are in it for 30 days after their last event; erased customers are not.';
