-- title: Longest waiting
-- question: Who has waited longest at the end of the time looked at, and what is due?
-- dashboard: waiting
-- chart: table
-- unit: minutes
SELECT
    contact_id,
    channel,
    ifNull(team, 'nobody') AS team,
    priority,
    round(dateDiff('second', waiting_since, {until:DateTime64(3, 'UTC')}) / 60) AS waited_minutes,
    clock,
    round(dateDiff('second', {until:DateTime64(3, 'UTC')}, due_at) / 60) AS due_in_minutes
FROM v_queue_at(at = {until:DateTime64(3, 'UTC')})
ORDER BY waiting_since, contact_id
LIMIT 25
