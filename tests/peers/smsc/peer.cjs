// A message centre for tests, written by us around npm's smpp (other people's SMPP): it decodes what we send by its own tables.
// GET /control/{port,received,sessions}; POST /control/{trouble,say,drop,die,revive} with JSON.
// node peer.cjs [PORT [KEY_FILE CERTIFICATE_FILE]]: on that port (0: any), over TLS when a key is given.
const fs = require('fs');
const smpp = require('smpp');
const http = require('http');

const sessions = new Set();
const received = [];
// times: so many submits are answered with status, or not at all when silent, or with octets that mean nothing when garbage.
// slow: milliseconds until every answer. dieAfter: after so many are taken, everything is closed before the answer.
// receipts: before | none. receiptTimes: each so often. stats: what each receipt says, in this order.
// failPart: the part of every longer text that does not arrive.
let trouble = {};
const [port, key, cert] = process.argv.slice(2);
const tls = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } : {};
let count = 0;

const centre = smpp.createServer(tls, (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => sessions.delete(session));
    session.on('bind_transceiver', (pdu) => {
        session.bound = pdu.system_id === 'larm' && pdu.password === 's3cret' && pdu.interface_version === 0x34;
        session.send(pdu.response({ system_id: 'peer', command_status: session.bound ? 0 : smpp.ESME_RINVPASWD }));
        if (!session.bound) session.close();
    });
    session.on('enquire_link', (pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
    session.on('submit_sm', (pdu) => submitted(session, pdu));
});

function submitted(session, pdu) {
    if (trouble.times > 0) {
        trouble.times -= 1;
        if (trouble.silent) return;
        if (trouble.garbage) { session.socket.write(Buffer.from('<html>502 Bad Gateway</html>'.repeat(9))); return; }
        session.send(pdu.response({ command_status: trouble.status }));
        return;
    }
    count += 1;
    const id = count.toString(16).toUpperCase().padStart(8, '0');
    const { message, udh } = pdu.short_message;
    received.push({
        id, from: pdu.source_addr, to: pdu.destination_addr, esm: pdu.esm_class, coding: pdu.data_coding,
        validity: pdu.validity_period, text: message, part: udh ? [...udh[0].subarray(2)] : null,
    });
    if (trouble.dieAfter > 0 && received.length >= trouble.dieAfter) { trouble.dieAfter = 0; die(); return; }
    const answered = () => session.send(pdu.response({ message_id: id }));
    const answer = () => (trouble.slow ? setTimeout(answered, trouble.slow) : answered());
    if (trouble.receipts === 'before') { receipt(session, pdu, id); setTimeout(answer, 50); return; }
    answer();
    if (trouble.receipts !== 'none') setTimeout(() => receipt(session, pdu, id), 20 + (trouble.slow || 0));
}

function die() {
    centre.close();
    for (const session of sessions) session.destroy();
    return {};
}

function receipt(session, pdu, id) {
    const part = pdu.short_message.udh && pdu.short_message.udh[0][4];
    const stats = trouble.failPart === part && part ? ['UNDELIV'] : trouble.stats || Array(trouble.receiptTimes || 1).fill(trouble.stat || 'DELIVRD');
    for (const stat of stats) {
        const text = `id:${id} sub:001 dlvrd:001 submit date:2611230908 done date:2611230908 stat:${stat} err:000 text:`;
        session.deliver_sm({ source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4, short_message: text });
    }
}

function say({ from, parts, coding }) {
    const [session] = [...sessions].filter((session) => session.bound);
    const statuses = parts.map(({ udh, text, hex }) => new Promise((done) => {
        const message = hex ? Buffer.from(hex, 'hex') : text;
        const short_message = udh ? { udh: Buffer.from(udh, 'hex'), message } : { message };
        session.deliver_sm({ source_addr: from, destination_addr: '71700', esm_class: udh ? 0x40 : 0, data_coding: coding, short_message }, (answer) => done(answer.command_status));
    }));
    return Promise.all(statuses);
}

const control = {
    port: () => at,
    received: () => received,
    sessions: () => [...sessions].filter((session) => session.bound).length,
    trouble: (body) => { trouble = body; return {}; },
    say,
    die,
    revive: () => new Promise((done) => centre.listen(at, '127.0.0.1', () => done({}))),
    drop: () => { for (const session of sessions) session.destroy(); return {}; },
};

let at;
centre.listen(Number(port || 0), '127.0.0.1', () => {
    if (at) return;
    at = centre.address().port;
    const server = http.createServer((request, response) => {
        let text = '';
        request.on('data', (part) => { text += part; });
        request.on('end', async () => {
            const what = control[request.url.replace('/control/', '')];
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify(await what(text ? JSON.parse(text) : {})));
        });
    });
    server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
});
