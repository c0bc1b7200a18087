// SPDX-License-Identifier: AGPL-3.0-or-later
// masto, unmodified: every group of endpoints that it has. What to drive, and with which tokens, comes on standard
// input as JSON; each group that went well is named on a line of its own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const given = JSON.parse(readFileSync(0, "utf8"));
const client = (name) => createRestAPIClient({ url: given.url, accessToken: given.tokens[name], timeout: 60_000 });
const [anna, ben, owner] = ["anna", "ben", "clara"].map(client);
const all = async (paginator) => (await paginator) ?? [];
const refused = (promise, status) => assert.rejects(promise, (error) => error.statusCode === status);

const me = await anna.v1.accounts.verifyCredentials();
const other = await ben.v1.accounts.verifyCredentials();

const groups = {
  async apps() {
    const app = await createRestAPIClient({ url: given.url }).v1.apps.create({
      clientName: "masto",
      redirectUris: "urn:ietf:wg:oauth:2.0:oob",
      scopes: "read write",
    });
    const oauth = createOAuthAPIClient({ url: given.url });
    const token = await oauth.token.create({
      clientId: app.clientId,
      clientSecret: app.clientSecret,
      grantType: "client_credentials",
      scope: "read",
    });
    const itself = createRestAPIClient({ url: given.url, accessToken: token.accessToken });
    assert.equal((await itself.v1.apps.verifyCredentials()).name, "masto");
    await oauth.revoke({ clientId: app.clientId, clientSecret: app.clientSecret, token: token.accessToken });
    await refused(itself.v1.apps.verifyCredentials(), 401);
  },

  async instance() {
    const instance = await anna.v2.instance.fetch();
    assert.equal(instance.title, "The Shed");
    assert.equal((await anna.v1.instance.fetch()).title, "The Shed");
    assert.equal((await anna.v1.instance.rules.list()).length, 2);
    assert.equal((await anna.v1.instance.activity.list()).length, 12);
    assert.deepEqual(await anna.v1.instance.peers.list(), []);
    assert.deepEqual(await anna.v1.instance.domainBlocks.list(), []);
    assert.match((await anna.v1.instance.extendedDescription.fetch()).content, /borrow/);
    assert.match((await anna.v1.instance.privacyPolicy.fetch()).content, /mail/);
    assert.deepEqual(await anna.v1.customEmojis.list(), []);
  },

  async accounts() {
    const updated = await anna.v1.accounts.updateCredentials({ displayName: "Anna M.", note: "By masto" });
    assert.equal(updated.displayName, "Anna M.");
    assert.equal((await ben.v1.accounts.lookup({ acct: "anna" })).id, me.id);
    assert.equal((await ben.v1.accounts.$select(me.id).fetch()).acct, "anna");
    assert.equal((await ben.v1.accounts.search.list({ q: "anna" }))[0].id, me.id);
    assert.equal((await ben.v1.accounts.$select(me.id).follow()).following, true);
    assert.equal((await ben.v1.accounts.relationships.fetch({ id: [me.id] }))[0].following, true);
    assert.ok((await all(anna.v1.accounts.$select(me.id).followers.list())).some((each) => each.id === other.id));
    assert.equal((await ben.v1.accounts.$select(me.id).note.create({ comment: "x" })).note, "x");
    assert.equal((await ben.v1.accounts.$select(me.id).mute()).muting, true);
    assert.equal((await ben.v1.accounts.$select(me.id).unmute()).muting, false);
    assert.equal((await ben.v1.accounts.$select(me.id).block()).blocking, true);
    assert.equal((await ben.v1.accounts.$select(me.id).unblock()).blocking, false);
    await ben.v1.domainBlocks.create({ domain: "spam.example" });
    assert.deepEqual(await all(ben.v1.domainBlocks.list()), ["spam.example"]);
    await ben.v1.domainBlocks.remove({ domain: "spam.example" });
    assert.equal((await ben.v1.preferences.fetch())["posting:default:visibility"], "public");
  },

  async statuses() {
    const status = await anna.v1.statuses.create(
      { status: "By masto #masto", visibility: "public", language: "en" },
      { headers: new Headers({ "Idempotency-Key": "masto" }) },
    );
    const reply = await ben.v1.statuses.create({ status: "@anna I see", inReplyToId: status.id });
    const one = ben.v1.statuses.$select(status.id);
    assert.deepEqual((await one.context.fetch()).descendants.map((each) => each.id), [reply.id]);
    assert.equal((await one.favourite()).favourited, true);
    assert.equal((await one.reblog()).reblog.id, status.id);
    assert.equal((await one.bookmark()).bookmarked, true);
    assert.deepEqual((await all(one.favouritedBy.list())).map((each) => each.acct), ["ben"]);
    assert.deepEqual((await all(one.rebloggedBy.list())).map((each) => each.acct), ["ben"]);
    await Promise.all([one.unfavourite(), one.unbookmark()]);
    await one.unreblog();
    const mine = anna.v1.statuses.$select(status.id);
    assert.equal((await mine.pin()).pinned, true);
    assert.equal((await mine.unpin()).pinned, false);
    assert.match((await mine.update({ status: "Changed by masto" })).content, /Changed/);
    assert.equal((await mine.history.list()).length, 2);
    assert.equal((await mine.source.fetch()).text, "Changed by masto");
    await mine.remove();
    await refused(one.fetch(), 404);
  },

  async media() {
    const file = new Blob([readFileSync(given.picture)], { type: "image/png" });
    const media = await anna.v2.media.create({ file, description: "A face" });
    assert.equal(media.description, "A face");
    const status = await anna.v1.statuses.create({ status: "Look", mediaIds: [media.id] });
    assert.equal(status.mediaAttachments[0].type, "image");
  },

  async polls() {
    const status = await anna.v1.statuses.create({
      status: "Tea or coffee?",
      poll: { options: ["Tea", "Coffee"], expiresIn: 3600 },
    });
    const voted = await ben.v1.polls.$select(status.poll.id).votes.create({ choices: [0] });
    assert.equal(voted.options[0].votesCount, 1);
    const later = await anna.v1.statuses.create({
      status: "Later",
      scheduledAt: new Date(Date.now() + 86_400_000).toISOString(),
    });
    assert.deepEqual((await all(anna.v1.scheduledStatuses.list())).map((each) => each.id), [later.id]);
    await anna.v1.scheduledStatuses.$select(later.id).remove();
  },

  async timelines() {
    await ben.v1.accounts.$select(me.id).follow();
    const status = await anna.v1.statuses.create({ status: "For lists #pears" });
    const ids = async (paginator) => (await paginator).map((each) => each.id);
    assert.ok((await ids(ben.v1.timelines.home.list({ limit: 5 }))).includes(status.id));
    assert.ok((await ids(ben.v1.timelines.public.list({ local: true }))).includes(status.id));
    assert.ok((await ids(ben.v1.timelines.tag.$select("pears").list())).includes(status.id));
    const list = await ben.v1.lists.create({ title: "masto" });
    await ben.v1.lists.$select(list.id).accounts.create({ accountIds: [me.id] });
    assert.deepEqual((await all(ben.v1.lists.$select(list.id).accounts.list())).map((each) => each.acct), ["anna"]);
    await ben.v1.lists.$select(list.id).remove();
    const pages = [];
    for await (const page of ben.v1.timelines.public.list({ local: true, limit: 1 })) {
      pages.push(page[0].id);
      if (pages.length === 3) break;
    }
    assert.equal(new Set(pages).size, 3);
    assert.equal((await ben.v1.tags.$select("pears").follow()).following, true);
    assert.deepEqual((await all(ben.v1.followedTags.list())).map((each) => each.name), ["pears"]);
    assert.equal((await ben.v1.tags.$select("pears").unfollow()).following, false);
    assert.ok(Array.isArray(await ben.v1.trends.tags.list()));
    assert.ok(Array.isArray(await ben.v1.trends.statuses.list()));
    assert.ok(Array.isArray(await ben.v1.trends.links.list()));
    assert.ok(Array.isArray(await ben.v1.directory.list()));
    assert.ok(Array.isArray(await ben.v2.suggestions.list()));
  },

  async search() {
    const found = await ben.v2.search.list({ q: "anna", type: "accounts" });
    assert.equal(found.accounts[0].acct, "anna");
  },

  async filters() {
    const filter = await ben.v2.filters.create({
      title: "masto",
      context: ["home"],
      filterAction: "hide",
      keywordsAttributes: [{ keyword: "quince" }],
    });
    assert.equal((await ben.v2.filters.$select(filter.id).fetch()).keywords[0].keyword, "quince");
    await ben.v2.filters.$select(filter.id).remove();
    assert.ok(!(await ben.v2.filters.list()).some((each) => each.id === filter.id));
  },

  async collections() {
    const made = await anna.v1.collections.create({ name: "Carpenters", tagName: "wood", accountIds: [other.id] });
    const { id } = made.collection;
    assert.deepEqual(made.collection.items.map((item) => [item.accountId, item.state]), [[other.id, "accepted"]]);
    const one = anna.v1.collections.$select(id);
    assert.equal((await one.update({ name: "Joiners", tagName: null })).collection.tag, null);
    assert.equal((await ben.v1.collections.$select(id).fetch()).accounts.length, 2);
    const listed = (await ben.v1.accounts.$select(me.id).collections.list()).collections;
    assert.deepEqual(listed.map((each) => each.name), ["Joiners"]);
    assert.equal((await ben.v1.accounts.$select(other.id).inCollections.list()).collections.length, 1);
    await ben.v1.collections.$select(id).items.$select(made.collection.items[0].id).revoke();
    const added = await one.items.create({ accountId: me.id });
    await one.items.$select(added.collectionItem.id).remove();
    await refused(ben.v1.collections.$select(id).remove(), 403);
    await one.remove();
    await refused(one.fetch(), 404);
  },

  async notifications() {
    await anna.v1.accounts.$select(other.id).follow(); // else strangers' private words would be kept apart
    await anna.v1.notifications.clear();
    const status = await ben.v1.statuses.create({ status: "@anna hello from masto", visibility: "direct" });
    const [notice] = await anna.v1.notifications.list();
    assert.equal(notice.status.id, status.id);
    assert.equal((await anna.v2.notifications.list()).notificationGroups[0].type, "mention");
    assert.equal((await anna.v1.notifications.unreadCount.fetch()).count, 1);
    assert.ok((await anna.v2.notifications.policy.fetch()).forNewAccounts);
    assert.ok((await all(anna.v1.conversations.list())).length > 0);
    await anna.v1.markers.create({ home: { lastReadId: status.id } });
    assert.equal((await anna.v1.markers.fetch({ timeline: ["home"] })).home.lastReadId, status.id);
    await anna.v1.notifications.$select(notice.id).dismiss();
    assert.deepEqual(await anna.v1.announcements.list(), []);
  },

  async admin() {
    const report = await anna.v1.reports.create({ accountId: other.id, comment: "look", category: "other" });
    assert.equal((await owner.v1.admin.reports.$select(report.id).resolve()).actionTaken, true);
    assert.equal((await owner.v1.admin.accounts.$select(other.id).fetch()).username, "ben");
    await owner.v1.admin.accounts.$select(other.id).action.create({ type: "silence" });
    assert.equal((await owner.v1.admin.accounts.$select(other.id).unsilence()).silenced, false);
    const block = await owner.v1.admin.domainBlocks.create({ domain: "bad.example", severity: "suspend" });
    assert.equal((await owner.v1.admin.domainBlocks.$select(block.id).fetch()).severity, "suspend");
    await owner.v1.admin.domainBlocks.$select(block.id).remove();
    assert.ok((await all(owner.v2.admin.accounts.list({ origin: "local" }))).length >= 4);
    await refused(anna.v1.admin.accounts.$select(other.id).fetch(), 403);
  },

  async streaming() {
    const { configuration } = await anna.v2.instance.fetch();
    const streams = createStreamingAPIClient({
      streamingApiUrl: configuration.urls.streaming,
      accessToken: given.tokens.anna,
      implementation: globalThis.WebSocket ?? (await import("ws")).default,
    });
    const user = streams.user.subscribe();
    const heard = (async () => {
      for await (const event of user) if (event.event === "update") return event.payload;
    })();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const status = await anna.v1.statuses.create({ status: "Heard by masto" });
    assert.equal((await heard).id, status.id);
    user.unsubscribe();
    streams.close();
  },
};

for (const [name, drive] of Object.entries(groups)) {
  try {
    await drive();
    console.log(name);
  } catch (error) {
    console.error(`${name}: ${error.stack ?? error}`);
    process.exitCode = 1;
  }
}
process.exit();
