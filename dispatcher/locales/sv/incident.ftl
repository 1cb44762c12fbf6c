# Vad operatören får veta.
notice-nobody-left = Ingen mer att fråga. Sökningen fortsätter av sig själv.
notice-cap-reached = Så många som policyn tillåter är tillfrågade. Begär fler om det behövs.
notice-staffed = Så många som behövs har svarat ja.
notice-withdrew = { $name } har lämnat återbud. En ny person söks.
notice-fetched = { $name } har hämtat det som skulle med.
notice-overdue = { $name } är inte framme i väntad tid.
notice-help-needed = { $name } ber om HJÄLP.
notice-unclear-answer = { $name } svarade otydligt: ”{ $words }”
notice-wrote = { $name } skriver: ”{ $words }”
notice-unreached = { $name } har inte nåtts av vårt senaste besked.
notice-all-done = Alla som åkte är klara.
notice-life-ended = Händelsen har varit öppen så länge policyn tillåter och är stängd.

# Varför någon tillfrågades eller inte, och vad som hade ändrat det.
verdict-asked = Tillfrågad i omgång { $wave }: framme om cirka { $minutes } min, nummer { $rank } i turordningen.
verdict-in-reserve = I reserv som nummer { $rank }: framme om cirka { $minutes } min. Frågas om någon före tackar nej.
verdict-not-in-group = Är inte med i gruppen som ropas ut.
verdict-not-approved = Inte godkänd av länsstyrelsen.
verdict-approval-expired = Godkännandet gick ut { $day }. Med förnyat godkännande hade personen kunnat frågas.
verdict-off-duty = Är inte i tjänst enligt egen uppgift.
verdict-not-available = Har sagt att hen inte kan de här dagarna eller timmarna.
verdict-outside-hours = Utanför sina valda tider (veckans timmar, nätter eller helgdagar).
verdict-monthly-max = Har fått { $asked } larm på 30 dagar och vill ha högst { $max }.
verdict-resting = Vilar efter sitt senaste larm sedan { $rested } min. Kan frågas om { $missing } min.
verdict-lacks-competence = Saknar den kompetens som larmtypen kräver.
verdict-certificate-expired = Intyget gick ut { $day }. Med giltigt intyg hade personen kunnat frågas.
verdict-already-asked = Redan tillfrågad i den här händelsen.
verdict-on-another-call-out = Är på ett annat larm.
verdict-no-way = Har inget färdsätt som går att använda nu.
verdict-too-far = För långt bort: cirka { $minutes } min, gränsen är { $limit } min. { $missing } min närmare hade räckt.
verdict-not-before-ambulance = Hinner inte i tid före ambulansen: cirka { $minutes } min, skulle behöva { $limit } min. { $missing } min närmare hade räckt.
verdict-in-reserve-aged = I reserv som nummer { $rank }: framme om cirka { $minutes } min. Positionen är { $age } min gammal; med en färsk hade det varit nummer { $then }.
verdict-too-far-aged = För långt bort: cirka { $minutes } min, gränsen är { $limit } min. Positionen är { $age } min gammal; en färsk hade kunnat räcka.
verdict-not-before-ambulance-aged = Hinner inte i tid före ambulansen: cirka { $minutes } min, skulle behöva { $limit } min. Positionen är { $age } min gammal; en färsk hade kunnat räcka.

# Vad någon kan ta med sig, och vem som var tänkt för det.
errand-planned = Tänkt att hämta { $thing }: { $place }, framme om cirka { $minutes } min.
errand-possible = Kan hämta { $thing }: { $place }, framme om cirka { $minutes } min.
errand-own-planned = Tänkt att ta med { $thing }, framme om cirka { $minutes } min.
errand-own-possible = Har { $thing }, framme om cirka { $minutes } min.
unfit-closed = Inte { $thing }, { $place }: stängt, eller fel tid på året.
unfit-out-of-season = Inte { $thing }, { $place }: säsongen råder inte.
unfit-unconfirmed = Inte { $thing }, { $place }: ingen har nyligen bekräftat att den finns.
task-fetches = Hämtar { $thing }: { $place }
task-brings = Tar med { $thing }
task-has = Har { $thing } med sig
task-guides = Möter ambulansen

# Vad en omgång lovade när den gick ut.
promise = Omgång { $wave }: { $asked } har tid att svara. { $percent } procents chans att minst { $of } kommer.

# certus replay --policy
replay-wave = { $policy }: { $asked } tillfrågade i första omgången, { $percent } % chans att minst { $of } kommer
replay-asked = + { $name }: { $why }
replay-spared = - { $name }: { $why }
replay-the-same = Samma personer.

# Hur en plats förstods.
place-named = { $name }
place-named-within = { $name }, { $within }
notation-decimal = { $lat } N, { $lon } Ö (decimalgrader, ± { $metres } m)
notation-minutes = { $lat } N, { $lon } Ö (läst som grader och minuter, ± { $metres } m)
notation-seconds = { $lat } N, { $lon } Ö (läst som grader, minuter och sekunder, ± { $metres } m)
notation-sweref99tm = { $lat } N, { $lon } Ö (läst som SWEREF 99 TM, ± { $metres } m)
notation-rt90 = { $lat } N, { $lon } Ö (läst som RT 90 2,5 gon V, ± { $metres } m)
notation-mgrs = { $lat } N, { $lon } Ö (läst som MGRS, ± { $metres } m)
