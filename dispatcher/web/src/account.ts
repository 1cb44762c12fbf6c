// What the page of one's own account does beside showing itself.

import { passkeys } from "./passkey.js";

passkeys();
