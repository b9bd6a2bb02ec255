-- title: Waiting now
-- question: How many contacts wait for us at the end of the time looked at, by channel and team, how many are overdue, and how long has the longest waited?
-- dashboard: waiting
-- chart: table
-- unit: contacts
-- live: yes
SELECT
    channel,
    ifNull(team, 'nobody') AS team,
    count() AS waiting,
    countIf(due_at < {until:DateTime64(3, 'UTC')}) AS overdue,
    round(dateDiff('second', min(waiting_since), {until:DateTime64(3, 'UTC')}) / 60) AS longest_minutes
FROM v_queue_at(at = {until:DateTime64(3, 'UTC')})
GROUP BY channel, team
ORDER BY overdue DESC, waiting DESC, channel, team
