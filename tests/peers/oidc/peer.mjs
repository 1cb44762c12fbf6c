// npm oidc-provider as a sign-in of somebody's organisation: node peer.mjs PORT REDIRECT_URI. Its own
// development pages ask for a login and for consent; whoever types `anna` is anna@z.example, whose address is verified unless
// the login ends in `-unverified`.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
const server = createServer();
await new Promise((listening) => server.listen(Number(port), '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: 'certus', client_secret: 'hemlig', redirect_uris: [redirect] }],
  claims: { email: ['email', 'email_verified'], profile: ['preferred_username'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@z.example`, email_verified: !id.endsWith('-unverified'), preferred_username: id }),
  }),
  cookies: { keys: ['peer'] },
});
server.on('request', provider.callback());
console.log(`listening on ${issuer}`);
