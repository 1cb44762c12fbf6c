# Länsstyrelsens sidor: konton, logg, personer, prövning.
accounts-help = Den som ger konton ser inga personer. Ett lösenord som visas här ska ägaren byta vid första inloggningen.
accounts-state = Läge
accounts-change = Ändra
accounts-set-roles = Spara roller
accounts-on = gäller
accounts-off = avstängt
accounts-waits = väntar på eget lösenord
accounts-new-password = Nytt lösenord
accounts-switch-on = Slå på
accounts-switch-off = Stäng av
accounts-add = Nytt konto
accounts-password-of = Lösenord för
accounts-shown-once = Det visas bara den här gången.
accounts-refused = Användarnamnet ska ha 3 till 64 tecken av a–z, siffror och . _ - @ +, och namnet får inte vara tomt.
accounts-no-role = Välj minst en roll.
accounts-no-list = Rollen organisation går ihop med en organisation och ingen annan roll.
accounts-wrong-county = Skriv länets kod eller namn, till exempel 23 eller Jämtland, eller * för alla län.
accounts-over = Gäller
accounts-everywhere = alla län
accounts-county-how = Kod eller namn, till exempel 23 eller Jämtland; * är alla län. Tomt är ert eget län.
accounts-list = Organisation
accounts-list-how = Bara för rollen organisation: den sköter den organisationens egen lista och ser ingen annan.
accounts-taken = Användarnamnet är upptaget.
accounts-oneself = Du kan inte stänga av ditt eget konto.

audit-help = Vem som gjort vad och vem som tittat, senast först. Inget kan ändras eller tas bort utan att kedjan bryts (certus audit verify).
audit-number = Nr
audit-at = När
audit-actor = Vem
audit-action = Vad
audit-about = Om vem
audit-detail = Mer
audit-older = Äldre
audit-actor-console = den som driver servern
audit-actor-nobody = okänd
audit-actor-volunteer = personen själv
audit-actor-contact = en organisations kontaktperson
audit-person-read = såg en person
audit-people-listed = såg en lista
audit-people-exported = skrev ut alla personer
audit-person-applied = ansökte
audit-certificate-read = öppnade ett intyg
audit-competence-claimed = skickade ett nytt intyg
audit-claim-decided = bedömde ett intyg
audit-calendar-feed-made = skapade en adress till sin kalender
audit-calendar-feed-ended = tog bort adressen till sin kalender
audit-person-exported = tog med sig sina egna uppgifter
audit-person-erased = lämnade, och uppgifterna raderades
audit-people-imported = läste in en fil
audit-list-exported = skrev ut resurser eller organisationer
audit-list-imported = läste in en fil med resurser eller organisationer
audit-person-added = lade till en person
audit-person-changed = ändrade en person
audit-vetting-step = tog ett steg i prövningen
audit-position-token-made = gav en telefon rätt att sända läge
audit-policies-proposed = föreslog larmregler
audit-policies-withdrawn = tog tillbaka ett förslag till larmregler
audit-policies-approved = godkände larmregler
audit-account-added = gav ett konto
audit-account-changed = ändrade ett konto
audit-password-set = bytte ett lösenord
audit-signed-in = loggade in
audit-sign-in-refused = nekades inloggning
audit-identity-linked = kopplades till organisationens egen inloggning
audit-passkey-added = lade till en passkey
audit-passkey-removed = tog bort en passkey
audit-retention-run = gallrade det som sparats länge nog
audit-data-sealed = krypterade personuppgifterna
audit-data-key-rotated = bytte personuppgifternas krypteringsnyckel
audit-key-added = gav en nyckel
audit-key-revoked = drog in en nyckel
audit-resource-changed = ändrade en sak
audit-resource-kind-changed = ändrade ett slag av resurser
audit-resource-confirmed = bekräftade saker
audit-season-changed = ändrade en säsong
audit-organisation-changed = ändrade en organisation
audit-contacts-read = såg en organisations kontaktpersoner

people-search = Namn eller nummer
people-vetting = Prövning
people-competence = Kompetens
people-any = alla
people-find = Sök
people-found = Träffar
people-phone = Telefon
people-duty = I tjänst
people-competences = Kompetenser
people-on = ja
people-off = nej
people-next = Nästa sida
people-expired = { $name } (gick ut { $day })
people-modes = Färdsätt
people-languages = Språk
people-hours = Tider
people-always = alltid
people-home = Hemma
people-organisation = Organisation
people-county = Län
registry-county = Län
people-name = Namn
people-birth-year = Födelseår
edit-title = Ändra uppgifter
edit-new = Ny person
edit-save = Spara
edit-preferred = Språk i första hand
edit-competences-help = Kryssa i det som personen kan. Dagen är intygets sista; lämna den tom om det inte går ut.
edit-until = Sista dag för intyget: { $name }
edit-home-help = Koordinater som 63,347 13,457 eller en ort i länet.
edit-no-organisation = ingen
edit-refused = Inget har sparats. Det här behöver rättas:
edit-outdated = Inget har sparats: någon annan har ändrat personen sedan du öppnade sidan. Det du har skrivit står kvar. Se efter och spara igen:
edit-changed = Någon annan har ändrat detta till: { $value }
edit-taken = En annan person har det numret.
edit-wrong-name = Skriv ett namn, högst 100 tecken.
edit-wrong-birth-year = Skriv födelseåret med fyra siffror, från 1900 till för 15 år sedan, eller lämna tomt.
edit-wrong-phone = Skriv ett telefonnummer som 070-123 45 67, eller med + och landskod.
edit-wrong-languages = Välj minst ett språk.
edit-wrong-competences = Skriv intygets sista dag som 2027-05-01, eller lämna den tom.
edit-wrong-modes = Kryssa i minst ett färdsätt.
edit-wrong-home = Skriv koordinater som 63,347 13,457 eller en ort i länet, eller lämna tomt.
edit-wrong-organisation = Organisationen finns inte längre. Välj en annan.
edit-wrong-county = Skriv länets kod eller namn, till exempel 23 eller Jämtland.
language-sv = svenska
language-en = engelska
competence-cpr = HLR
competence-first-aid = första hjälpen
competence-healthcare = sjukvård
competence-firefighter = brandman
competence-search = eftersök av människor
competence-animal-tracking = eftersök av djur
competence-mountain-rescue = fjällräddning
competence-sea-rescue = sjöräddning
competence-driver = förare
competence-civil-defence = civilförsvar
competence-snowmobile-licence = förarbevis för skoter
competence-boat-licence = förarintyg för båt

vetting-applied = har ansökt
vetting-approved = godkänd till och med { $day }
vetting-expired = godkännandet gick ut { $day }
vetting-suspended = avstängd
vetting-left = har slutat
vetting-state-applied = har ansökt
vetting-state-approved = godkänd
vetting-state-suspended = avstängd
vetting-state-left = har slutat
vetting-taken-over = övertaget från en lista eller en ansökan på webben
vetting-step-applied = Ansökan
vetting-step-interviewed = Intervju
vetting-step-check-reported = Registerutdrag sett av en handläggare
vetting-step-check-confirmed = Registerutdrag bekräftat av en andra handläggare
vetting-step-check-seen = Registerutdrag sett
vetting-step-agreement-signed = Avtal undertecknat
vetting-step-approval-proposed = Godkännande föreslaget
vetting-step-proposal-withdrawn = Förslaget återtaget
vetting-step-approved = Godkänd
vetting-step-suspended = Avstängd
vetting-step-reinstated = Återinsatt
vetting-step-left = Har slutat
vetting-form-digital = digitalt
vetting-form-paper = på papper
vetting-due = nästa senast { $day }
vetting-until = till och med { $day }
vetting-missing-interview = intervju
vetting-missing-background-check = giltigt registerutdrag
vetting-missing-agreement = undertecknat avtal
vetting-refused-not-applied = Personen har inte ansökt: börja med ansökan.
vetting-refused-already-applied = Ansökan är redan antecknad: gå vidare till nästa steg.
vetting-refused-has-left = Personen har slutat: börja med en ny ansökan.
vetting-refused-is-suspended = Personen är avstängd: återinsätt först.
vetting-refused-not-suspended = Personen är inte avstängd.
vetting-refused-missing = För ett godkännande saknas { $needs }.
vetting-refused-already-proposed = Ett godkännande till och med { $day } är redan föreslaget: besluta om det, eller återta det.
vetting-refused-nothing-proposed = Inget godkännande är föreslaget: en annan handläggare ska föreslå först.
vetting-refused-same-official = Den som föreslog kan inte godkänna: en annan handläggare ska göra det.
vetting-refused-other-proposal = Förslaget har ändrats: det gäller nu till och med { $day }.
vetting-refused-beyond-check = Registerutdraget gäller till { $day }: godkännandet får inte gälla längre.
vetting-refused-passed = { $day } har redan varit: ange en dag i dag eller senare.
vetting-refused-to-come = { $day } har inte varit än: ange dagen då det skedde.
vetting-refused-check-due = Utdraget sågs { $day }: nästa ska vara senare, och inom fem år.
vetting-refused-one-official = Var och en antecknar bara det de själva har sett: anteckna utdraget och låt en annan handläggare bekräfta det.
vetting-refused-nothing-reported = Inget utdrag väntar på att bekräftas: en handläggare ska först anteckna ett.
vetting-refused-same-witness = Den som antecknade utdraget kan inte bekräfta det: en annan handläggare ska se det.
vetting-refused-other-report = Utdraget har antecknats på nytt: sett { $seen }, nästa senast { $due }. Läs igenom och bekräfta igen.
vetting-refused-approval-ended = Inget godkännande gäller som kunde fortsätta: börja med en ny ansökan.
vetting-wrong-step = Välj ett av stegen på sidan.
vetting-wrong-day = Ange en dag, till exempel 2027-05-01.
vetting-wrong-form = Ange om utdraget var digitalt eller på papper.
vetting-wrong-version = Ange avtalets version, högst 20 tecken.
person-vetting = Prövning
person-missing = För ett godkännande saknas
person-reported = Registerutdraget väntar på en andra handläggare
person-proposed = En annan handläggare ska godkänna förslaget, till och med
person-day = Dag
person-form = Utdraget visades
person-due = Nästa utdrag senast
person-version = Avtalets version
person-until = Till och med
person-put-down = Anteckna
person-history = Antecknat
person-looked = Vem som sett uppgifterna

vetting-title = Prövning
vetting-stages = Steg
vetting-nobody = Ingen väntar här.
vetting-since = Sedan
vetting-check-counts = Utdrag gäller till
vetting-approval-ends = Godkänd till
stage-applied = Ska intervjuas
stage-interviewed = Utdrag ska ses
stage-reported = Utdrag att bekräfta
stage-checked = Avtal ska undertecknas
stage-agreed = Ska föreslås
stage-proposed = Ska godkännas
stage-expired = Har gått ut
due-title = Går ut inom 90 dagar
due-nothing = Inget går ut.
due-day = Sista dag
due-text = Påmind med sms
due-reminded = { $at } ({ $days } dagar före)
due-what = Vad
due-approval = godkännande
due-background-check = registerutdrag
due-certificate = intyg: { $name }
duplicates-title = Kan finnas dubbelt
duplicates-help = Personer som kan vara en och samma. Jämför dem, och säg om de är två eller slå ihop dem.
duplicates-none = Ingen ser ut att finnas dubbelt.
duplicates-why = Varför
duplicates-one = Den ena
duplicates-other = Den andra
duplicates-look = Avgör
duplicates-compare = Jämför
duplicates-merge-help = Den som behålls får det som bara den andra har: språk, kompetenser, färdsätt, hem, organisation, saker, intyg och samtycken. Prövning, nummer och tider är de hos den som behålls. Den andra posten raderas och dess prövning arkiveras. Har någon av dem skrivit STOPP, gäller det.
duplicates-keep = Samma person: behåll den här
duplicates-apart = Det är två olika personer
duplicates-on-call-out = Inget har ändrats: den som skulle tas bort är på ett larm. Försök igen när det är över.
likeness-name-and-year = samma namn och födelseår
likeness-number = samma nummer så när som på landet
likeness-name = samma namn, födelseår saknas
import-alike = Liknar { $name }, som redan finns: { $why }
audit-person-merged = slog ihop två poster om en person
people-files = Filer
list-volunteers = Personer
list-resources = Resurser
list-organisations = Organisationer
import-title = Läs in en fil
import-choose = Välj en fil
import-file = Fil med personer, resurser eller organisationer
import-help = CSV eller en Excelarbetsbok (.xlsx). Första raden namnger kolumnerna. Inget ändras förrän du har sett vad som skulle ändras.
import-show = Visa vad som skulle ändras
import-preview = Vad som skulle ändras
import-rows = Filens rader
import-line = Rad
import-fate = Vad som händer
import-details = Närmare
import-new = nya
import-changed = ändras
import-unchanged = oförändrade
import-refused = kan inte läsas in
import-left-out = utelämnade
import-change = { $column }: { $from } → { $to }
import-hidden = Rader som inte visas
import-partial = Utelämna de rader som inte kan läsas in
import-confirm = Läs in
import-nothing = Inget skulle ändras.
import-done = Filen är inläst.
import-cell = { $column ->
    [name] skriv ett namn, högst 100 tecken
    [birth_year] skriv födelseåret med fyra siffror, från 1900 till för 15 år sedan, eller lämna tomt
    [phone] skriv ett telefonnummer som 070-123 45 67, eller med + och landskod
    [languages] skriv språkens koder, till exempel sv en
    [competences] skriv kompetenser ur listan, med sista dag om intyget har en, till exempel cpr:2027-05-01 first_aid
    [modes] skriv färdsätt ur listan, till exempel car foot
    [home_lat] skriv en latitud i decimalgrader, till exempel 63.347
    [home_lon] skriv en longitud i decimalgrader, till exempel 13.457
    [lat] skriv en latitud i decimalgrader, till exempel 63.347
    [lon] skriv en longitud i decimalgrader, till exempel 13.457
    [on_duty] skriv yes, no eller stopped, de två första också med ett slut som no:2026-12-24T17:00:00Z
    [hours] skriv always, never eller tider som mon-fri 07-23; sat,sun 09-17
    [holidays] skriv as_usual, as_sunday eller closed
    [nights] skriv yes eller no
    [exceptions] skriv undantagen som exporten gör det
    [monthly_max] skriv 1 till 30, eller inget för ingen gräns
    [vetting] skriv applied, approved, suspended eller left
    [vetted_until] skriv godkännandets sista dag, till exempel 2027-05-01, bredvid approved och bara där
    [organisation] skriv organisationens namn, högst 100 tecken
    [organisation_kind] skriv ett av organisationsslagen ur listan, till exempel mountain_rescue
    [county] skriv länets kod eller namn, till exempel 23 eller Jämtland
    [code] skriv en kod av 1 till 40 bokstäver, siffror, - _ . eller /
    [kind] skriv ett slag ur listan, till exempel aed för en hjärtstartare
    [keeper] skriv telefonnumret till den som har den
    [place] skriv platsen, högst 100 tecken
    [months] skriv all, eller månader som 11-4 eller 5,7-9
    [season] skriv en av säsongerna: snow, ice eller open_water
    [licence] skriv en behörighet ur listan, till exempel boat_licence
    [confirmed] skriv dagen då den senast sågs, till exempel 2026-11-01
    [retired] skriv dagen då den togs ur bruk, till exempel 2026-11-01
   *[other] gick inte att läsa
}
import-row = { $why ->
    [again] står redan på en tidigare rad; behåll den ena
    [half] är tom fast den andra koordinaten står där; fyll i båda eller ingen
    [other-county] ska vara ditt eget län, eller tom
    [other-list] ska vara er egen organisation, eller tom
    [kept-elsewhere] står på en lista som någon annan sköter; utelämna raden
    [retired-kind] slaget är utgånget och får inga nya resurser; välj ett annat
    [no-keeper] ingen i registret har det telefonnumret
    [nowhere] skriv lat och lon, eller telefonnumret till den som har den
    [two-places] skriv lat och lon, eller den som har den, inte båda
    [nameless] skriv namnet på organisationen vars slag står bredvid
    [other-kind] organisationen är känd som ett annat slag; lämna kolumnen tom
    [unknown-organisation] finns inte i registret; skriv dess slag i kolumnen organisation_kind för att lägga till den
    [by-officials] ingen godkänns genom en fil: två handläggare gör det på personens sida. Låt det stå som förut, eller utelämna kolumnerna vetting och vetted_until
    [by-board] bara länets handläggare säger hur långt prövningen har kommit. Låt det stå som förut, eller utelämna kolumnerna vetting och vetted_until
    [too-long] är för lång; fattas ett citattecken någonstans?
    [fields] raden har fler eller färre fält än rubrikraden
   *[other] kan inte läsas in
}
import-refused-over = Förhandsvisningen gäller inte längre: den är redan inläst, en nyare har tagit dess plats eller en halvtimme har gått. Välj filen igen.
import-refused-outdated = Registret har ändrats sedan förhandsvisningen, och inget lästes in. Välj filen igen.
import-refused-too-large = Filen är större än { $megabytes } MB. Dela den, eller låt läsa in den på servern.
import-refused-unpacks-too-large = Arbetsboken blir för stor när den packas upp. Dela den, eller spara den som CSV.
import-refused-too-many-rows = Filen har för många rader. Dela den.
import-refused-too-many-columns = Filen har för många kolumner. Behåll dem som hör till en lista.
import-refused-foreign = Filen är { $kind }. Väntat: CSV eller en Excelarbetsbok (.xlsx).
import-refused-damaged = Excelarbetsboken är skadad. Öppna den och spara om den, eller spara den som CSV.
import-refused-encoding = Filens bokstäver är i två teckenkodningar ({ $why }). Spara den som CSV UTF-8.
import-refused-header = Första raden namnger inte kolumnerna i en lista: { $why }
import-refused-empty = Filen är tom. Väntat: en första rad som namnger kolumnerna.
import-refused-unreadable = Filen kunde inte läsas: { $why }
import-refused-refused = Rader i den kan inte läsas in, så inget lästes in.
foreign-pdf = ett PDF-dokument
foreign-picture = en bild
foreign-old-excel = en Excelarbetsbok av det gamla slaget (.xls)
foreign-protected = en Excelarbetsbok med lösenord
foreign-open-document = en OpenDocument-fil
foreign-archive = ett zip-arkiv eller ett annat dokument
foreign-web-page = en webbsida eller XML
foreign-utf16 = UTF-16-text (spara den som CSV UTF-8)
foreign-binary = inte text

# När en person kan frågas.
plan-title = När personen kan frågas
plan-week = Alla veckor
plan-grid-how = Kryssa i tiderna då det går att larma. Utan kryss: aldrig.
plan-text-how = Tiderna går inte jämnt upp i tre timmar och kan bara ändras som text.
plan-hour = Kl.
plan-hours-how = Skriv always, never eller till exempel mon-fri 07-23; sat,sun 09-17.
plan-holidays = Helgdagar
plan-holidays-as-usual = Helgdagar är som andra dagar
plan-holidays-as-sunday = Helgdagar är som söndagar
plan-holidays-closed = Inte på helgdagar
plan-nights = Nätter
plan-nights-yes = Får frågas på natten, 22 till 07, inom sina tider
plan-nights-no = Inte på natten, 22 till 07
plan-max = Larm på 30 dagar som räcker
plan-no-max = ingen gräns
plan-exceptions = Undantag
plan-no-exceptions = Inga undantag.
plan-available = kan frågas
plan-away = kan inte
plan-remove = Ta bort
plan-add = Nytt undantag
plan-from = Från
plan-to = Till
plan-kind = Då
plan-reason = Anledning, om du vill
plan-wrong-hours = Tiderna gick inte att läsa. Skriv always, never eller till exempel mon-fri 07-23; sat,sun 09-17.
plan-wrong-holidays = Välj vad som gäller på helgdagar.
plan-wrong-max = Ange 1 till 30 larm på 30 dagar, eller inget för ingen gräns.
plan-wrong-time = Undantagets tider gick inte att läsa. Ange dag och klockslag för början och slut, till exempel 2026-12-24T17:00.
plan-wrong-order = Undantaget slutar innan det börjar. Ange ett slut efter början.
plan-wrong-reason = Anledningen får ha högst 40 tecken och inget semikolon.
plan-too-many = Högst 100 undantag får plats. Ta bort några först.

# Resurser och organisationer.
things-title = Resurser
things-search = Kod eller plats
things-kind = Slag
things-standing = Bekräftad
things-code = Kod
things-place = Plats
things-kept = hos en person
things-new = Ny resurs
things-none = inget
things-as-its-kind = som dess slag
things-by-file = enligt en fil
things-confirmed = Senast bekräftad
things-confirm = Den finns kvar och är i ordning
things-retire = Den finns inte längre
things-back = Den finns igen
things-change = Ändra
things-save = Spara
things-refused = Inget sparades: se vid fälten.
standing-confirmed = ja
standing-due = ja, snart dags igen
standing-unconfirmed = nej
standing-retired = finns inte längre
standing-retired-on = finns inte längre, sedan { $day }
standing-until = till och med { $day }
standing-due-by = ska bekräftas senast { $day }
standing-lapsed = obekräftad sedan { $day }
standing-never = aldrig bekräftad
standing-unasked = behöver inte bekräftas
thing-field-code = Kod
thing-field-kind = Slag
thing-field-at = Fast plats
thing-field-at-how = Koordinater, till exempel 63.34700, 13.45700. Annars anges den som har den.
thing-field-keeper = Den som har den
thing-field-keeper-how = Personens telefonnummer, som det står i registret.
thing-field-place = Platsen i ord
thing-field-place-how = Till exempel Coop Järpen, entrén. Så står det i sms:et till den som hämtar.
thing-field-months = Månader
thing-field-months-how = Skriv all, eller till exempel 11-4 eller 5,7-9.
thing-field-hours = Tider
thing-field-hours-how = Skriv always, never eller till exempel mon-fri 07-21; sat,sun 09-17.
thing-field-season = Säsong som den kräver
thing-field-licence = Behörighet som krävs
thing-field-organisation = Organisation
thing-field-county = Län
thing-wrong-code = Koden ska ha 1 till 40 bokstäver, siffror, - _ . eller /.
thing-wrong-taken = En annan resurs har koden.
thing-wrong-kind = Välj ett slag.
thing-wrong-retired-kind = Slaget är utgånget: det får inga nya resurser. Välj ett annat.
thing-wrong-place = Platsen får ha högst 100 tecken.
thing-wrong-months = Månaderna gick inte att läsa. Skriv all, eller till exempel 11-4 eller 5,7-9.
thing-wrong-season = Välj en av säsongerna, eller inget.
thing-wrong-licence = Välj en av behörigheterna, eller inget.
thing-wrong-organisation = Välj en av organisationerna, eller inget.
thing-wrong-county = Skriv länets kod eller namn, till exempel 23 eller Jämtland.
thing-wrong-nowhere = Ange koordinater, eller den som har den.
thing-wrong-at = Koordinaterna gick inte att läsa. Skriv till exempel 63.34700, 13.45700.
thing-wrong-keeper = Ingen i registret har det numret.
thing-wrong-both = Ange koordinater eller den som har den, inte båda.
kinds-title = Slag av resurser
kinds-help = Katalogen gäller hela installationen. Ett slag som är utgånget får inga nya resurser; de som finns är kvar.
kinds-new = Nytt slag
kinds-name = Namn
kinds-confirmed = Bekräftelse gäller
kinds-months = { $months } mån
kinds-yes = ja
kinds-no = nej
kinds-new-ones = Nya resurser
kinds-retired = utgånget
kinds-retire = Tillåt inga nya resurser
kinds-back = Tillåt nya resurser
kind-field-code = Kod
kind-field-code-how = Gemener a-z, siffror och _, till exempel hydrocopter. Koden står i filer och kan inte ändras.
kind-field-name-sv = Namn på svenska
kind-field-name-sv-how = Som i listor, till exempel hydrokopter.
kind-field-the-sv = I en mening på svenska
kind-field-the-sv-how = Så står det i sms, efter Hämta …, till exempel hydrokoptern.
kind-field-name-en = Namn på engelska
kind-field-name-en-how = Till exempel hydrocopter.
kind-field-the-en = I en mening på engelska
kind-field-the-en-how = Till exempel the hydrocopter.
kind-field-season = Säsong
kind-field-season-how = Gäller varje resurs som inte anger någon egen.
kind-field-licence = Behörighet
kind-field-licence-how = Gäller varje resurs som inte anger någon egen.
kind-field-confirmed = Månader som en bekräftelse gäller
kind-field-confirmed-how = 1 till 60. Tomt: ingen frågas, och den räknas alltid som bekräftad.
kind-field-brought = Kan hämtas vid larm
kind-field-brought-how = Bara det som kan hämtas kan stå i larmreglerna.
kind-wrong-code = Koden har 1 till 32 tecken: gemener a-z, siffror och _, först en bokstav.
kind-wrong-taken = Det finns redan ett slag med den koden.
kind-wrong-words = Skriv 1 till 40 tecken.
kind-wrong-confirmed = Skriv 1 till 60 månader, eller inget.
kind-wrong-brought = Välj ja eller nej.
kind-wrong-wanted = Larmreglerna som gäller vill att det hämtas. Ändra dem först.
season-snow = snö
season-ice = bärande is
season-open-water = öppet vatten
seasons-title = Säsonger
seasons-help = Det som kräver en säsong hämtas bara medan den råder i länet.
seasons-on = råder
seasons-over = råder inte
seasons-begin = Råder nu
seasons-end = Är över
organisations-title = Organisationer
organisation-new = Ny organisation
organisation-contacts = Kontaktpersoner
organisation-contacts-help = Den första får frågan per sms om det som organisationen har på fasta platser finns kvar och är i ordning.
organisation-no-contacts = Inga kontaktpersoner.
organisation-new-contact = Ny kontaktperson
organisation-stopped = vill inte ha sms
organisation-field-name = Namn
organisation-field-kind = Slag
organisation-field-county = Län
organisation-field-contact-name = Kontaktpersonens namn
organisation-field-contact-phone = Telefon
organisation-field-contact-phone-how = Ett nummer som tar emot sms.
organisation-field-contact-email = E-post, om den finns
organisation-wrong-name = Namnet ska ha 1 till 100 tecken.
organisation-wrong-taken = En annan organisation har namnet.
organisation-wrong-kind = Välj ett slag.
organisation-wrong-phone = Numret gick inte att läsa. Skriv till exempel 070-174 06 05.
organisation-wrong-phone-taken = Organisationen har redan en kontaktperson med det numret.
organisation-wrong-email = Adressen gick inte att läsa. Skriv till exempel anna@example.org.
organisation-wrong-full = Högst 20 kontaktpersoner får plats. Ta bort någon först.
organisation-kind-ivpa = IVPA-styrka (i väntan på ambulans)
organisation-kind-sea-rescue = sjöräddning
organisation-kind-mountain-rescue = fjällräddning
organisation-kind-frg = frivillig resursgrupp (FRG)
organisation-kind-animal-search = eftersöksgrupp
organisation-kind-red-cross = Röda Korset
organisation-kind-civil-defence = civilförsvarsförening
organisation-kind-pensioners = pensionärsorganisation
organisation-kind-church = kyrka eller samfund
organisation-kind-village = bygrupp
organisation-kind-post = lantbrevbärare
organisation-kind-newspaper = tidningsbud
organisation-kind-taxi = taxi
organisation-kind-coast-guard = kustbevakning
organisation-kind-other = annan

ending-title = Intyg som går ut
ending-window = Sista dagen
ending-window-30 = inom 30 dagar
ending-window-90 = inom 90 dagar
ending-window-365 = inom ett år
ending-window-expired = redan utgångna
ending-over = gick ut { $day }

list-map-show = Visa på karta
list-map-said = { $drawn } av { $found } ritas; { $without } har ingen egen plats angiven.
list-map-cap = Högst { $max } får plats: avgränsa listan för att se de andra.
list-map-group = { $n } nära varandra: visa dem
list-map-needs-script = Kartan behöver JavaScript. Listan ovan visar allt den visar.
