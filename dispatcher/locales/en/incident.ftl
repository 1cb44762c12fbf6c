# What the operator is told.
notice-nobody-left = Nobody is left to ask. The search goes on by itself.
notice-cap-reached = As many as the policy allows have been asked. Ask for more if needed.
notice-staffed = As many as needed have said yes.
notice-withdrew = { $name } has withdrawn. Somebody else is being looked for.
notice-fetched = { $name } has what was to be brought.
notice-overdue = { $name } has not arrived when expected.
notice-help-needed = { $name } asks for HELP.
notice-unclear-answer = { $name } answered unclearly: ”{ $words }”
notice-wrote = { $name } writes: ”{ $words }”
notice-unreached = { $name } has not been reached by our latest message.
notice-all-done = Everybody who went is done.
notice-life-ended = The incident was open for as long as the policy allows and has been closed.

# Why somebody was asked or not, and what would have changed it.
verdict-asked = Asked in wave { $wave }: there in about { $minutes } min, number { $rank } in order.
verdict-in-reserve = In reserve as number { $rank }: there in about { $minutes } min. Asked if somebody before says no.
verdict-not-in-group = Is not in the group that is called out.
verdict-not-approved = Not approved by the county board.
verdict-approval-expired = The approval expired on { $day }. Renewed, this person could have been asked.
verdict-off-duty = Has switched themselves off duty.
verdict-not-available = Has said that they cannot on these days or at these hours.
verdict-outside-hours = Outside their chosen hours (of the week, nights or holidays).
verdict-monthly-max = Has had { $asked } call-outs within 30 days and wants { $max } at most.
verdict-resting = Has been resting after their last call-out for { $rested } min. Can be asked in { $missing } min.
verdict-lacks-competence = Lacks the competence this event asks for.
verdict-certificate-expired = The certificate expired on { $day }. With a valid one, this person could have been asked.
verdict-already-asked = Asked before in this incident.
verdict-on-another-call-out = Is on another call-out.
verdict-no-way = Has no means of transport that can be used now.
verdict-too-far = Too far away: about { $minutes } min, the limit is { $limit } min. { $missing } min nearer would have done.
verdict-not-before-ambulance = Not there in time before the ambulance: about { $minutes } min, would need { $limit } min. { $missing } min nearer would have done.
verdict-in-reserve-aged = In reserve as number { $rank }: there in about { $minutes } min. The position is { $age } min old; with a fresh one it would have been number { $then }.
verdict-too-far-aged = Too far away: about { $minutes } min, the limit is { $limit } min. The position is { $age } min old; a fresh one might have done.
verdict-not-before-ambulance-aged = Not there in time before the ambulance: about { $minutes } min, would need { $limit } min. The position is { $age } min old; a fresh one might have done.

# What somebody can bring along, and who was thought of for it.
errand-planned = Thought of to fetch { $thing }: { $place }, there in about { $minutes } min.
errand-possible = Can fetch { $thing }: { $place }, there in about { $minutes } min.
errand-own-planned = Thought of to bring { $thing }, there in about { $minutes } min.
errand-own-possible = Has { $thing }, there in about { $minutes } min.
unfit-closed = Not { $thing }, { $place }: closed, or the wrong time of the year.
unfit-out-of-season = Not { $thing }, { $place }: its season is not on.
unfit-unconfirmed = Not { $thing }, { $place }: nobody has lately confirmed that it is there.
task-fetches = Fetches { $thing }: { $place }
task-brings = Brings { $thing }
task-has = Has { $thing }
task-guides = Meets the ambulance

# What a wave promised when it went out.
promise = Wave { $wave }: { $asked } have time to answer. A { $percent } percent chance that at least { $of } come.

# certus replay --policy
replay-wave = { $policy }: { $asked } asked in the first wave, a { $percent } % chance that at least { $of } come
replay-asked = + { $name }: { $why }
replay-spared = - { $name }: { $why }
replay-the-same = The same people.

# How a place was understood.
place-named = { $name }
place-named-within = { $name }, { $within }
notation-decimal = { $lat } N, { $lon } E (decimal degrees, ± { $metres } m)
notation-minutes = { $lat } N, { $lon } E (read as degrees and minutes, ± { $metres } m)
notation-seconds = { $lat } N, { $lon } E (read as degrees, minutes and seconds, ± { $metres } m)
notation-sweref99tm = { $lat } N, { $lon } E (read as SWEREF 99 TM, ± { $metres } m)
notation-rt90 = { $lat } N, { $lon } E (read as RT 90 2.5 gon V, ± { $metres } m)
notation-mgrs = { $lat } N, { $lon } E (read as MGRS, ± { $metres } m)
