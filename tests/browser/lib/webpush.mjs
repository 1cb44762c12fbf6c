// A browser's half of a push subscription, and what its push service would hand it: RFC 8291, written from the text.

import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";

const hkdf = (secret, salt, info, octets) => Buffer.from(hkdfSync("sha256", secret, salt, info, octets));

export class Receiver {
  constructor(endpoint) {
    this.pair = createECDH("prime256v1");
    this.public = this.pair.generateKeys();
    this.auth = randomBytes(16);
    const keys = { p256dh: this.public.toString("base64url"), auth: this.auth.toString("base64url") };
    this.subscription = { endpoint, expirationTime: null, keys };
  }

  /** The text of one record: salt, record size, length and key of the sender, then what is encrypted. */
  read(body) {
    const salt = body.subarray(0, 16);
    const start = 21 + body[20];
    const sender = body.subarray(21, start);
    const both = Buffer.concat([Buffer.from("WebPush: info\0"), this.public, sender]);
    const secret = hkdf(this.pair.computeSecret(sender), this.auth, both, 32);
    const key = hkdf(secret, salt, "Content-Encoding: aes128gcm\0", 16);
    const decipher = createDecipheriv("aes-128-gcm", key, hkdf(secret, salt, "Content-Encoding: nonce\0", 12));
    decipher.setAuthTag(body.subarray(-16));
    const padded = Buffer.concat([decipher.update(body.subarray(start, -16)), decipher.final()]);
    return padded.subarray(0, padded.lastIndexOf(2)).toString();
  }
}
