# Det som telefonen säger; espeak-ng läser upp det. Namnge ingen plats och ingen människa.
call-call-out = Larm från Certus. En människa behöver hjälp nära dig. Tryck ett om du kan åka nu. Tryck två om du inte kan.
call-yes = Tack. Läs textmeddelandet: där står vart du ska åka. Kör lugnt.
call-no = Tack för ditt svar. Vi frågar någon annan.
call-lost = Ditt svar kunde inte sparas. Svara JA eller NEJ med ett textmeddelande.
call-over = Larmet från Certus är över. Du behöver inte åka. Tack.
