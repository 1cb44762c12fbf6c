// Shows pushes on the volunteer's phone, also when no page of ours is open, and says that they are on the screen: that
// receipt spares the person the text message. Keeps nothing and answers no request of the pages.

declare const self: ServiceWorkerGlobalScope;

/** What a push of ours holds (docs/api.md). Only a call-out has a link. */
type Push = { id?: string; tag?: string; title?: string; text?: string; link?: string; quiet?: boolean };

/** What browsers know and TypeScript does not. */
type Shown = NotificationOptions & { renotify?: boolean; vibrate?: number[] };

/** Milliseconds on, off, on …: an alarm is long enough to wake, its end is short. */
const ALARM = [600, 200, 600, 200, 600, 200, 1000];
const SHORT = [200, 100, 200];

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(linkOf(event.notification)));
});
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event as ExtendableEvent & Partial<PushSubscriptionChangeEvent>));
});

/** Takes from a payload what has the right type; anything else, ours or not, is a push without words. */
function read(data: PushMessageData | null): Push {
  const fields = fieldsOf(data);
  const push: Push = { quiet: fields["quiet"] === "yes" };
  for (const name of ["id", "tag", "title", "text", "link"] as const) {
    const value = fields[name];
    if (typeof value === "string" && value !== "") push[name] = value;
  }
  return push;
}

function fieldsOf(data: PushMessageData | null): Record<string, unknown> {
  try {
    const json: unknown = data?.json();
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Something is shown whatever came: a browser punishes a push that shows nothing, and it may be an alarm. */
async function show(push: Push): Promise<void> {
  const options: Shown = { body: push.text ?? "", data: { link: push.link ?? (await replaced(push.tag)) } };
  if (push.tag !== undefined) options.tag = push.tag;
  if (push.quiet) {
    options.silent = true;
  } else {
    // What takes the place of another is heard again: whoever is on the way must learn that they need not go.
    options.renotify = push.tag !== undefined;
    options.requireInteraction = push.link !== undefined;
    options.vibrate = push.link === undefined ? SHORT : ALARM;
  }
  await self.registration.showNotification(push.title ?? "Certus", options);
  if (push.id !== undefined) await post("/v1/push/shown", { id: push.id });
}

/** The link of what this push replaces: the end of an alarm has none, and its page tells how things stand. */
async function replaced(tag: string | undefined): Promise<string | undefined> {
  if (tag === undefined) return undefined;
  const [earlier] = await self.registration.getNotifications({ tag });
  return earlier === undefined ? undefined : linkOf(earlier);
}

function linkOf(notification: Notification): string | undefined {
  const link = (notification.data as { link?: unknown } | null)?.link;
  return typeof link === "string" ? link : undefined;
}

/** Opens a page of ours, or comes back to it where it is open. No other address is followed. */
async function open(link: string | undefined): Promise<void> {
  const href = link === undefined ? undefined : ours(link);
  if (href === undefined) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(({ url }) => url === href);
  await (there === undefined ? self.clients.openWindow(href) : there.focus());
}

function ours(link: string): string | undefined {
  try {
    const { origin, href } = new URL(link);
    return origin === self.location.origin ? href : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The browser has ended its subscription. Whoever knows the old one may put a new one in its place. Without it nobody could
 * tell whose phone this is: then there is to be none, so that the page offers it anew and text messages come as before.
 */
async function renew({ oldSubscription, newSubscription }: Partial<PushSubscriptionChangeEvent>): Promise<void> {
  if (!oldSubscription) {
    await newSubscription?.unsubscribe();
    return;
  }
  const { applicationServerKey } = oldSubscription.options;
  const wanted = { userVisibleOnly: true, applicationServerKey };
  const fresh = newSubscription ?? (await self.registration.pushManager.subscribe(wanted));
  await post("/v1/push/renewed", { old: JSON.stringify(oldSubscription), new: JSON.stringify(fresh) });
}

/** Tells the server. When it does not hear, the text message comes: nothing is lost. */
async function post(path: string, body: unknown): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  await fetch(path, { method: "POST", headers, body: JSON.stringify(body), keepalive: true }).catch(() => undefined);
}

export {};
