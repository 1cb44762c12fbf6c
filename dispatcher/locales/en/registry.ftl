# The county board's pages: accounts, log, people, vetting.
accounts-help = Whoever gives accounts sees no people. A password that is shown here must be changed by its holder at the first sign-in.
accounts-state = State
accounts-change = Change
accounts-set-roles = Save roles
accounts-on = in use
accounts-off = switched off
accounts-waits = waits for its own password
accounts-new-password = New password
accounts-switch-on = Switch on
accounts-switch-off = Switch off
accounts-add = New account
accounts-password-of = Password of
accounts-shown-once = It is shown this once.
accounts-refused = The user name must have 3 to 64 of a–z, digits and . _ - @ +, and the name must not be empty.
accounts-no-role = Choose at least one role.
accounts-no-list = The role organisation goes with one organisation and no other role.
accounts-wrong-county = Give the county's code or name, such as 23 or Jämtland, or * for every county.
accounts-over = Goes over
accounts-everywhere = every county
accounts-county-how = Code or name, such as 23 or Jämtland; * is every county. Empty is your own county.
accounts-list = Organisation
accounts-list-how = For the role organisation only: it keeps that organisation's own list and sees nobody else.
accounts-taken = The user name is taken.
accounts-oneself = You cannot switch off your own account.

audit-help = Who did what and who looked, newest first. Nothing can be changed or removed without breaking the chain (certus audit verify).
audit-number = No.
audit-at = When
audit-actor = Who
audit-action = What
audit-about = About whom
audit-detail = More
audit-older = Older
audit-actor-console = whoever runs the server
audit-actor-nobody = unknown
audit-actor-volunteer = the person themselves
audit-actor-contact = an organisation’s contact
audit-person-read = saw a person
audit-people-listed = saw a list
audit-people-exported = wrote out all people
audit-person-applied = applied
audit-certificate-read = opened a certificate
audit-competence-claimed = sent a new certificate
audit-claim-decided = decided about a certificate
audit-calendar-feed-made = made an address of their calendar
audit-calendar-feed-ended = took the address of their calendar away
audit-person-exported = took their own data along
audit-person-erased = left, and the data was erased
audit-people-imported = read in a file
audit-list-exported = wrote out resources or organisations
audit-list-imported = read in a file of resources or organisations
audit-person-added = added a person
audit-person-changed = changed a person
audit-vetting-step = took a step of vetting
audit-position-token-made = let a phone send positions
audit-policies-proposed = proposed policies
audit-policies-withdrawn = withdrew proposed policies
audit-policies-approved = approved policies
audit-account-added = gave an account
audit-account-changed = changed an account
audit-password-set = changed a password
audit-signed-in = signed in
audit-sign-in-refused = was refused at sign-in
audit-identity-linked = was linked with the organisation's own sign-in
audit-passkey-added = added a passkey
audit-passkey-removed = removed a passkey
audit-retention-run = took away what was kept long enough
audit-data-sealed = encrypted the personal data
audit-data-key-rotated = changed the key that personal data is encrypted under
audit-key-added = gave a key
audit-key-revoked = revoked a key
audit-resource-changed = changed a thing
audit-resource-kind-changed = changed a kind of resource
audit-resource-confirmed = confirmed things
audit-season-changed = changed a season
audit-organisation-changed = changed an organisation
audit-contacts-read = saw an organisation’s contacts

people-search = Name or number
people-vetting = Vetting
people-competence = Competence
people-any = all
people-find = Search
people-found = Found
people-phone = Phone
people-duty = On duty
people-competences = Competences
people-on = yes
people-off = no
people-next = Next page
people-expired = { $name } (expired { $day })
people-modes = Transport
people-languages = Languages
people-hours = Hours
people-always = always
people-home = Home
people-organisation = Organisation
people-county = County
registry-county = County
people-name = Name
people-birth-year = Year of birth
edit-title = Change details
edit-new = New person
edit-save = Save
edit-preferred = Preferred language
edit-competences-help = Tick what the person can do. The day is the certificate's last; leave it empty if it does not expire.
edit-until = Last day of the certificate: { $name }
edit-home-help = Coordinates such as 63.347 13.457, or a place in the county.
edit-no-organisation = none
edit-refused = Nothing was saved. This is to be corrected:
edit-outdated = Nothing was saved: somebody else has changed the person since you opened the page. What you typed is still there. Look, and save again:
edit-changed = Somebody else has changed this to: { $value }
edit-taken = Another person has this number.
edit-wrong-name = Give a name of at most 100 characters.
edit-wrong-birth-year = Give the year of birth in four digits, from 1900 to 15 years ago, or nothing.
edit-wrong-phone = Give a telephone number such as 070-123 45 67, or one with + and the country code.
edit-wrong-languages = Choose at least one language.
edit-wrong-competences = Give the certificate's last day as 2027-05-01, or nothing.
edit-wrong-modes = Tick at least one way to travel.
edit-wrong-home = Give coordinates such as 63.347 13.457 or a place in the county, or nothing.
edit-wrong-organisation = The organisation is not there any more. Choose another.
edit-wrong-county = Give the county's code or name, such as 23 or Jämtland.
language-sv = Swedish
language-en = English
competence-cpr = CPR
competence-first-aid = first aid
competence-healthcare = health care
competence-firefighter = firefighter
competence-search = search for people
competence-animal-tracking = tracking of animals
competence-mountain-rescue = mountain rescue
competence-sea-rescue = sea rescue
competence-driver = driver
competence-civil-defence = civil defence
competence-snowmobile-licence = snowmobile licence
competence-boat-licence = boat licence

vetting-applied = has applied
vetting-approved = approved through { $day }
vetting-expired = approval expired { $day }
vetting-suspended = suspended
vetting-left = has left
vetting-state-applied = has applied
vetting-state-approved = approved
vetting-state-suspended = suspended
vetting-state-left = has left
vetting-taken-over = taken over from a list or an application on the web
vetting-step-applied = Application
vetting-step-interviewed = Interview
vetting-step-check-reported = Background check seen by one official
vetting-step-check-confirmed = Background check confirmed by a second official
vetting-step-check-seen = Background check seen
vetting-step-agreement-signed = Agreement signed
vetting-step-approval-proposed = Approval proposed
vetting-step-proposal-withdrawn = Proposal withdrawn
vetting-step-approved = Approved
vetting-step-suspended = Suspended
vetting-step-reinstated = Reinstated
vetting-step-left = Has left
vetting-form-digital = digitally
vetting-form-paper = on paper
vetting-due = next by { $day }
vetting-until = through { $day }
vetting-missing-interview = an interview
vetting-missing-background-check = a valid background check
vetting-missing-agreement = a signed agreement
vetting-refused-not-applied = The person has not applied: begin with the application.
vetting-refused-already-applied = The application is put down already: go on to the next step.
vetting-refused-has-left = The person has left: begin with a new application.
vetting-refused-is-suspended = The person is suspended: reinstate them first.
vetting-refused-not-suspended = The person is not suspended.
vetting-refused-missing = An approval still needs { $needs }.
vetting-refused-already-proposed = An approval through { $day } is proposed already: decide on it, or withdraw it.
vetting-refused-nothing-proposed = No approval is proposed: another official is to propose one first.
vetting-refused-same-official = Whoever proposed it cannot approve it: another official is to.
vetting-refused-other-proposal = The proposal was changed: it is now through { $day }.
vetting-refused-beyond-check = The background check counts until { $day }: the approval must not last longer.
vetting-refused-passed = { $day } has passed: give a day today or later.
vetting-refused-to-come = { $day } is still to come: give the day on which it happened.
vetting-refused-check-due = The extract was seen on { $day }: the next is to be later, and within five years.
vetting-refused-one-official = Everybody puts down only what they have seen themselves: put the extract down, and let another official confirm it.
vetting-refused-nothing-reported = No extract waits to be confirmed: an official is to put one down first.
vetting-refused-same-witness = Whoever put the extract down cannot confirm it: another official is to see it.
vetting-refused-other-report = The extract was put down anew: seen { $seen }, next by { $due }. Read it and confirm again.
vetting-refused-approval-ended = No approval holds that could go on: begin with a new application.
vetting-wrong-step = Choose one of the steps on the page.
vetting-wrong-day = Give a day, for example 2027-05-01.
vetting-wrong-form = Say whether the extract was digital or on paper.
vetting-wrong-version = Give the agreement's version, at most 20 characters.
person-vetting = Vetting
person-missing = An approval still needs
person-reported = The background check waits for a second official
person-proposed = Another official is to approve the proposal, through
person-day = Day
person-form = The extract was shown
person-due = Next extract by
person-version = Version of the agreement
person-until = Through
person-put-down = Put down
person-history = Put down
person-looked = Who has looked

vetting-title = Vetting
vetting-stages = Stages
vetting-nobody = Nobody waits here.
vetting-since = Since
vetting-check-counts = Check counts until
vetting-approval-ends = Approved until
stage-applied = To be interviewed
stage-interviewed = Check to be seen
stage-reported = Check to be confirmed
stage-checked = Agreement to be signed
stage-agreed = To be proposed
stage-proposed = To be approved
stage-expired = Expired
due-title = Ends within 90 days
due-nothing = Nothing ends.
due-day = Last day
due-text = Reminded by text message
due-reminded = { $at } ({ $days } days before)
due-what = What
due-approval = approval
due-background-check = background check
due-certificate = certificate: { $name }
duplicates-title = May be there twice
duplicates-help = People who may be one. Compare them, and say that they are two, or merge them.
duplicates-none = Nobody seems to be there twice.
duplicates-why = Why
duplicates-one = One
duplicates-other = The other
duplicates-look = Decide
duplicates-compare = Compare
duplicates-merge-help = Whoever is kept is given what only the other has: languages, competences, transport, home, organisation, things, certificates and consents. Vetting, number and hours are those of whoever is kept. The other record is erased and its vetting archived. If either has written STOP, it holds.
duplicates-keep = The same person: keep this one
duplicates-apart = They are two people
duplicates-on-call-out = Nothing was changed: whoever was to go is on a call-out. Try again when it is over.
likeness-name-and-year = the same name and year of birth
likeness-number = the same number but for the country
likeness-name = the same name, no year of birth known
import-alike = Looks like { $name }, who is registered: { $why }
audit-person-merged = made two records of one person one
people-files = Files
list-volunteers = People
list-resources = Resources
list-organisations = Organisations
import-title = Read in a file
import-choose = Choose a file
import-file = File of people, resources or organisations
import-help = CSV or an Excel workbook (.xlsx). The first line names the columns. Nothing changes until you have seen what would.
import-show = Show what would change
import-preview = What would change
import-rows = Rows of the file
import-line = Line
import-fate = What happens
import-details = Details
import-new = new
import-changed = changed
import-unchanged = unchanged
import-refused = cannot be read in
import-left-out = left out
import-change = { $column }: { $from } → { $to }
import-hidden = Rows not shown
import-partial = Leave out the rows that cannot be read in
import-confirm = Read it in
import-nothing = Nothing would change.
import-done = It has been read in.
import-cell = { $column ->
    [name] give a name of at most 100 characters
    [birth_year] give the year of birth in four digits, from 1900 to 15 years ago, or nothing
    [phone] give a telephone number such as 070-123 45 67, or with + and the country's code
    [languages] give the languages' codes, such as sv en
    [competences] give competences of the list, with the last day where the certificate has one, such as cpr:2027-05-01 first_aid
    [modes] give modes of transport of the list, such as car foot
    [home_lat] give a latitude in decimal degrees, such as 63.347
    [home_lon] give a longitude in decimal degrees, such as 13.457
    [lat] give a latitude in decimal degrees, such as 63.347
    [lon] give a longitude in decimal degrees, such as 13.457
    [on_duty] give yes, no or stopped, the first two also with an end such as no:2026-12-24T17:00:00Z
    [hours] give always, never or hours such as mon-fri 07-23; sat,sun 09-17
    [holidays] give as_usual, as_sunday or closed
    [nights] give yes or no
    [exceptions] give the exceptions as the export writes them
    [monthly_max] give 1 to 30, or nothing for no limit
    [vetting] give applied, approved, suspended or left
    [vetted_until] give the approval's last day, such as 2027-05-01, beside approved and nowhere else
    [organisation] give the organisation's name, at most 100 characters
    [organisation_kind] give a kind of organisation of the list, such as mountain_rescue
    [county] give the county's code or name, such as 23 or Jämtland
    [code] give a code of 1 to 40 letters, digits, - _ . or /
    [kind] give a kind of the list, such as aed for a defibrillator
    [keeper] give the telephone number of whoever has it
    [place] give the place, at most 100 characters
    [months] give all, or months such as 11-4 or 5,7-9
    [season] give one of the seasons: snow, ice or open_water
    [licence] give a licence of the list, such as boat_licence
    [confirmed] give the day on which it was last seen, such as 2026-11-01
    [retired] give the day on which it was taken out of use, such as 2026-11-01
   *[other] could not be read
}
import-row = { $why ->
    [again] stands on an earlier row already; keep one of them
    [half] is empty although the other coordinate is there; fill in both or none
    [other-county] is to be your own county, or empty
    [other-list] is to be your own organisation, or empty
    [kept-elsewhere] is on a list that somebody else keeps; leave the row out
    [retired-kind] the kind is retired and gets no new resources; choose another
    [no-keeper] nobody in the registry has that telephone number
    [nowhere] give lat and lon, or the telephone number of whoever has it
    [two-places] give lat and lon, or whoever has it, not both
    [nameless] give the name of the organisation whose kind stands beside it
    [other-kind] the organisation is known as another kind; leave the column empty
    [unknown-organisation] is not in the registry; give its kind in the column organisation_kind to add it
    [by-officials] nobody is approved by a file: two officials do it on the person's page. Leave what is stored, or leave out the columns vetting and vetted_until
    [by-board] the county board alone says how far vetting has come. Leave what is stored, or leave out the columns vetting and vetted_until
    [too-long] is too long; is there a quote that is never closed?
    [fields] the row has more or fewer fields than the header line
   *[other] cannot be imported
}
import-refused-over = This preview is over: it was read in already, a newer one has taken its place, or half an hour has passed. Choose the file again.
import-refused-outdated = The registry has changed since the preview, and nothing was read in. Choose the file again.
import-refused-too-large = The file is larger than { $megabytes } MB. Split it, or have it read in on the server.
import-refused-unpacks-too-large = The workbook grows too large when it is unpacked. Split it, or save it as CSV.
import-refused-too-many-rows = The file has too many rows. Split it.
import-refused-too-many-columns = The file has too many columns. Keep those of one list.
import-refused-foreign = The file is { $kind }. Expected: CSV or an Excel workbook (.xlsx).
import-refused-damaged = The Excel workbook is damaged. Open it and save it anew, or save it as CSV.
import-refused-encoding = The letters of the file are in two encodings ({ $why }). Save it as CSV UTF-8.
import-refused-header = The first line does not name the columns of a list: { $why }
import-refused-empty = The file is empty. Expected: a first line that names the columns.
import-refused-unreadable = The file could not be read: { $why }
import-refused-refused = Rows of it cannot be read in, so nothing was.
foreign-pdf = a PDF document
foreign-picture = a picture
foreign-old-excel = an Excel workbook of the old kind (.xls)
foreign-protected = an Excel workbook behind a password
foreign-open-document = an OpenDocument file
foreign-archive = a zip archive or another document
foreign-web-page = a web page or XML
foreign-utf16 = UTF-16 text (save it as CSV UTF-8)
foreign-binary = no text

# When a person may be asked.
plan-title = When the person can be asked
plan-week = Every week
plan-grid-how = Tick the times at which call-outs are all right. Without a tick: never.
plan-text-how = The hours do not go into blocks of three and can be changed as text only.
plan-hour = Hour
plan-hours-how = Write always, never or for example mon-fri 07-23; sat,sun 09-17.
plan-holidays = Public holidays
plan-holidays-as-usual = Public holidays are like other days
plan-holidays-as-sunday = Public holidays are like Sundays
plan-holidays-closed = Not on public holidays
plan-nights = Nights
plan-nights-yes = May be asked at night, 22 to 07, within their hours
plan-nights-no = Not at night, 22 to 07
plan-max = Call-outs within 30 days that are enough
plan-no-max = no limit
plan-exceptions = Exceptions
plan-no-exceptions = No exceptions.
plan-available = can be asked
plan-away = cannot
plan-remove = Remove
plan-add = New exception
plan-from = From
plan-to = To
plan-kind = Then
plan-reason = Reason, if you like
plan-wrong-hours = The hours could not be read. Write always, never or for example mon-fri 07-23; sat,sun 09-17.
plan-wrong-holidays = Choose what holds on public holidays.
plan-wrong-max = Give 1 to 30 call-outs within 30 days, or nothing for no limit.
plan-wrong-time = The times of the exception could not be read. Give day and time of its beginning and its end, for example 2026-12-24T17:00.
plan-wrong-order = The exception ends before it begins. Give an end after the beginning.
plan-wrong-reason = The reason may have 40 characters at most, and no semicolon.
plan-too-many = There is room for 100 exceptions. Take some away first.

# Resources and organisations.
things-title = Resources
things-search = Code or place
things-kind = Kind
things-standing = Confirmed
things-code = Code
things-place = Place
things-kept = with a person
things-new = New resource
things-none = nothing
things-as-its-kind = as its kind
things-by-file = by a file
things-confirmed = Last confirmed
things-confirm = It is there and in order
things-retire = It is there no more
things-back = It is there again
things-change = Change
things-save = Save
things-refused = Nothing was saved: see beside the fields.
standing-confirmed = yes
standing-due = yes, due again soon
standing-unconfirmed = no
standing-retired = there no more
standing-retired-on = there no more, since { $day }
standing-until = through { $day }
standing-due-by = to be confirmed by { $day }
standing-lapsed = unconfirmed since { $day }
standing-never = never confirmed
standing-unasked = needs no confirmation
thing-field-code = Code
thing-field-kind = Kind
thing-field-at = Fixed place
thing-field-at-how = Coordinates such as 63.34700, 13.45700. If it has none, say who has it.
thing-field-keeper = Who has it
thing-field-keeper-how = The person’s telephone number as the registry has it.
thing-field-place = The place in words
thing-field-place-how = Such as Coop Järpen, entrance. Whoever fetches it reads this in the text message.
thing-field-months = Months
thing-field-months-how = Write all, or months such as 11-4 or 5,7-9.
thing-field-hours = Hours
thing-field-hours-how = Write always, never or hours such as mon-fri 07-21; sat,sun 09-17.
thing-field-season = Season that it needs
thing-field-licence = Licence that it takes
thing-field-organisation = Organisation
thing-field-county = County
thing-wrong-code = The code has 1 to 40 letters, digits, - _ . or /.
thing-wrong-taken = Another resource has the code.
thing-wrong-kind = Choose a kind.
thing-wrong-retired-kind = The kind is retired: it gets no new resources. Choose another.
thing-wrong-place = The place has at most 100 characters.
thing-wrong-months = The months could not be read. Write all, or months such as 11-4 or 5,7-9.
thing-wrong-season = Choose one of the seasons, or nothing.
thing-wrong-licence = Choose one of the licences, or nothing.
thing-wrong-organisation = Choose one of the organisations, or nothing.
thing-wrong-county = Give the county's code or name, such as 23 or Jämtland.
thing-wrong-nowhere = Give coordinates, or who has it.
thing-wrong-at = The coordinates could not be read. Write them such as 63.34700, 13.45700.
thing-wrong-keeper = Nobody in the registry has this number.
thing-wrong-both = Give coordinates or who has it, not both.
kinds-title = Kinds of resource
kinds-help = The catalogue is the whole installation’s. A kind that is retired gets no new resources; those that there are stay.
kinds-new = New kind
kinds-name = Name
kinds-confirmed = A confirmation holds
kinds-months = { $months } months
kinds-yes = yes
kinds-no = no
kinds-new-ones = New resources
kinds-retired = retired
kinds-retire = Allow no new resources
kinds-back = Allow new resources
kind-field-code = Code
kind-field-code-how = Small letters a-z, digits and _, such as hydrocopter. It stands in files and cannot be changed.
kind-field-name-sv = Name in Swedish
kind-field-name-sv-how = As in lists, such as hydrokopter.
kind-field-the-sv = In a sentence in Swedish
kind-field-the-sv-how = As text messages have it after Hämta …, such as hydrokoptern.
kind-field-name-en = Name in English
kind-field-name-en-how = Such as hydrocopter.
kind-field-the-en = In a sentence in English
kind-field-the-en-how = Such as the hydrocopter.
kind-field-season = Season
kind-field-season-how = For each resource that names none of its own.
kind-field-licence = Licence
kind-field-licence-how = For each resource that names none of its own.
kind-field-confirmed = Months that a confirmation holds
kind-field-confirmed-how = 1 to 60. Empty: nobody is asked, and it always counts as confirmed.
kind-field-brought = Can be fetched in a call-out
kind-field-brought-how = Only what can be fetched can stand in the call-out policies.
kind-wrong-code = The code has 1 to 32 characters: small letters a-z, digits and _, a letter first.
kind-wrong-taken = There is a kind with this code already.
kind-wrong-words = Write 1 to 40 characters.
kind-wrong-confirmed = Write 1 to 60 months, or nothing.
kind-wrong-brought = Choose yes or no.
kind-wrong-wanted = The call-out policies in force want it brought. Change them first.
season-snow = snow
season-ice = ice that bears
season-open-water = open water
seasons-title = Seasons
seasons-help = What needs a season is fetched only while it is on in the county.
seasons-on = on
seasons-over = not on
seasons-begin = It is on now
seasons-end = It is over
organisations-title = Organisations
organisation-new = New organisation
organisation-contacts = Contacts
organisation-contacts-help = The first is asked by text message whether what the organisation has at fixed places is there and in order.
organisation-no-contacts = No contacts.
organisation-new-contact = New contact
organisation-stopped = wants no text messages
organisation-field-name = Name
organisation-field-kind = Kind
organisation-field-county = County
organisation-field-contact-name = The contact’s name
organisation-field-contact-phone = Telephone
organisation-field-contact-phone-how = A number that takes text messages.
organisation-field-contact-email = E-mail, if there is one
organisation-wrong-name = The name has 1 to 100 characters.
organisation-wrong-taken = Another organisation has the name.
organisation-wrong-kind = Choose a kind.
organisation-wrong-phone = The number could not be read. Write it such as 070-174 06 05.
organisation-wrong-phone-taken = The organisation has a contact with this number.
organisation-wrong-email = The address could not be read. Write it such as anna@example.org.
organisation-wrong-full = There is room for 20 contacts. Remove one first.
organisation-kind-ivpa = IVPA crew (until the ambulance comes)
organisation-kind-sea-rescue = sea rescue
organisation-kind-mountain-rescue = mountain rescue
organisation-kind-frg = voluntary resource group (FRG)
organisation-kind-animal-search = search group for injured animals
organisation-kind-red-cross = Red Cross
organisation-kind-civil-defence = civil defence association
organisation-kind-pensioners = pensioners’ organisation
organisation-kind-church = church or congregation
organisation-kind-village = village group
organisation-kind-post = rural postmen
organisation-kind-newspaper = newspaper carriers
organisation-kind-taxi = taxi
organisation-kind-coast-guard = coast guard
organisation-kind-other = other

ending-title = Certificates that end
ending-window = Last day
ending-window-30 = within 30 days
ending-window-90 = within 90 days
ending-window-365 = within a year
ending-window-expired = ended already
ending-over = ended { $day }

list-map-show = Show on a map
list-map-said = { $drawn } of { $found } are drawn; { $without } have no place of their own.
list-map-cap = At most { $max } fit: narrow the list to see the others.
list-map-group = { $n } near one another: show them
list-map-needs-script = The map needs JavaScript. The list above shows all that it does.
