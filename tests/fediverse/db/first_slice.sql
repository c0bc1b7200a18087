-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	username VARCHAR NOT NULL, 
	domain VARCHAR DEFAULT '' NOT NULL, 
	username_key VARCHAR NOT NULL, 
	display_name VARCHAR DEFAULT '' NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	note_source TEXT DEFAULT '' NOT NULL, 
	fields JSON NOT NULL, 
	locked BOOLEAN DEFAULT false NOT NULL, 
	bot BOOLEAN DEFAULT false NOT NULL, 
	discoverable BOOLEAN DEFAULT true NOT NULL, 
	actor_type VARCHAR DEFAULT 'Person' NOT NULL, 
	uri TEXT, 
	url TEXT, 
	inbox TEXT, 
	shared_inbox TEXT, 
	followers_uri TEXT, 
	avatar_url TEXT, 
	header_url TEXT, 
	key_id TEXT, 
	public_key TEXT NOT NULL, 
	private_key TEXT, 
	statuses_count INTEGER DEFAULT '0' NOT NULL, 
	followers_count INTEGER DEFAULT '0' NOT NULL, 
	following_count INTEGER DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_status_at BIGINT, 
	fetched_at BIGINT, 
	suspended_at BIGINT, 
	deleted_at BIGINT, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_uri UNIQUE (uri), 
	CONSTRAINT uq_accounts_username_key_domain UNIQUE (username_key, domain)
);
INSERT INTO "accounts" VALUES(115882432921600000,'anna','','anna','Anna of No. 7','<p>I bake. See <a href="https://bread.example/" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://</span><span class="">bread.example/</span><span class="invisible"></span></a></p>','I bake. See https://bread.example/','[{"name": "Bread", "value": "<a href=\"https://bread.example/\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">https://</span><span class=\"\">bread.example/</span><span class=\"invisible\"></span></a>", "source": "https://bread.example/"}]',0,0,1,'Person',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PEM','PEM',4,2,2,1768225600000,1768226454000,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(115882432921600003,'bob','','bob','','','','[]',0,0,1,'Person',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PEM','PEM',2,1,1,1768225600000,1768226210000,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(115882432921600006,'carol','','carol','','','','[]',1,0,1,'Person',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'PEM','PEM',0,0,0,1768225600000,NULL,NULL,NULL,NULL);
INSERT INTO "accounts" VALUES(115882432921600011,'zoe','far.example','zoe','Zoë','<p>Far away</p>','','[]',0,0,1,'Person','https://far.example/users/zoe','https://far.example/@zoe','https://far.example/users/zoe/inbox','https://far.example/inbox','https://far.example/users/zoe/followers',NULL,NULL,'https://far.example/users/zoe#main-key','PEM',NULL,2,1,1,1768225600000,1768226454000,1768225600000,NULL,NULL);
CREATE TABLE activities (
	id INTEGER NOT NULL, 
	account_id BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_activities PRIMARY KEY (id), 
	CONSTRAINT fk_activities_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "activities" VALUES(115882436919296007,115882432921600000,'{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable", "schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue", "value": "schema:value"}], "id": "http://localhost:10100/users/anna#follows/115882436919296006", "type": "Follow", "actor": "http://localhost:10100/users/anna", "object": "https://far.example/users/zoe"}',1768225661000);
INSERT INTO "activities" VALUES(115882436919296011,115882432921600000,'{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable", "schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue", "value": "schema:value"}], "id": "http://localhost:10100/users/anna#accepts/follows/115882436919296009", "type": "Accept", "actor": "http://localhost:10100/users/anna", "object": {"id": "https://far.example/follows/1", "type": "Follow", "actor": "https://far.example/users/zoe", "object": "http://localhost:10100/users/anna"}}',1768225661000);
INSERT INTO "activities" VALUES(115882444914688002,115882432921600000,'{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable", "schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue", "value": "schema:value"}], "id": "http://localhost:10100/users/anna/statuses/115882444914688000/activity", "type": "Create", "actor": "http://localhost:10100/users/anna", "published": "2026-01-12T13:49:43Z", "to": ["http://localhost:10100/users/anna/followers"], "cc": [], "object": {"id": "http://localhost:10100/users/anna/statuses/115882444914688000", "type": "Note", "attributedTo": "http://localhost:10100/users/anna", "url": "http://localhost:10100/@anna/115882444914688000", "published": "2026-01-12T13:49:43Z", "to": ["http://localhost:10100/users/anna/followers"], "cc": [], "summary": "Salt inside", "sensitive": true, "inReplyTo": null, "content": "<p>The recipe</p>", "attachment": [], "tag": []}}',1768225783000);
INSERT INTO "activities" VALUES(115882448912384002,115882432921600000,'{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable", "schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue", "value": "schema:value"}], "id": "http://localhost:10100/users/anna/statuses/115882448912384000/activity", "type": "Create", "actor": "http://localhost:10100/users/anna", "published": "2026-01-12T13:50:44Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["http://localhost:10100/users/anna/followers", "http://localhost:10100/users/bob"], "object": {"id": "http://localhost:10100/users/anna/statuses/115882448912384000", "type": "Note", "attributedTo": "http://localhost:10100/users/anna", "url": "http://localhost:10100/@anna/115882448912384000", "published": "2026-01-12T13:50:44Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["http://localhost:10100/users/anna/followers", "http://localhost:10100/users/bob"], "summary": null, "sensitive": false, "inReplyTo": "http://localhost:10100/users/bob/statuses/115882440916992000", "content": "<p><span class=\"h-card\" translate=\"no\"><a href=\"http://localhost:10100/@bob\" class=\"u-url mention\">@<span>bob</span></a></span> I bring <a href=\"http://localhost:10100/tags/bread\" class=\"mention hashtag\" rel=\"tag\">#<span>bread</span></a></p>", "attachment": [], "tag": [{"type": "Mention", "href": "http://localhost:10100/users/bob", "name": "@bob@localhost:10100"}, {"type": "Hashtag", "href": "http://localhost:10100/tags/bread", "name": "#bread"}]}}',1768225844000);
INSERT INTO "activities" VALUES(115882476896256002,115882432921600000,'{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable", "schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue", "value": "schema:value"}], "id": "http://localhost:10100/users/anna/statuses/115882476896256001/activity", "type": "Announce", "actor": "http://localhost:10100/users/anna", "published": "2026-01-12T13:57:51Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["http://localhost:10100/users/anna/followers", "https://far.example/users/zoe"], "object": "https://far.example/notes/1"}',1768226271000);
INSERT INTO "activities" VALUES(115882488889344008,115882432921600000,'{"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers", "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable", "schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue", "value": "schema:value"}], "id": "http://localhost:10100/users/anna/statuses/115882488889344006/activity", "type": "Create", "actor": "http://localhost:10100/users/anna", "published": "2026-01-12T14:00:54Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["http://localhost:10100/users/anna/followers"], "object": {"id": "http://localhost:10100/users/anna/statuses/115882488889344006", "type": "Note", "attributedTo": "http://localhost:10100/users/anna", "url": "http://localhost:10100/@anna/115882488889344006", "published": "2026-01-12T14:00:54Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["http://localhost:10100/users/anna/followers"], "summary": null, "sensitive": false, "inReplyTo": null, "content": "<p>Bread at four</p>", "attachment": [], "tag": []}}',1768226454000);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE apps (
	id INTEGER NOT NULL, 
	client_id VARCHAR NOT NULL, 
	client_secret VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	website TEXT, 
	redirect_uris JSON NOT NULL, 
	scopes VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_apps PRIMARY KEY (id), 
	CONSTRAINT uq_apps_client_id UNIQUE (client_id)
);
INSERT INTO "apps" VALUES(115882432921600001,'8OnvtMT6v59HfbxSzcAb2XSPa-whPC8gWLl0L58DOh0','440a152325c31a407354b0c3b0b9268067b2fdf76dfcd8ef6b83d5496c51052f','Tests',NULL,'["urn:ietf:wg:oauth:2.0:oob"]','read write follow push',1768225600000);
INSERT INTO "apps" VALUES(115882432921600004,'dP1silJGsyUA4NZXNrIbTMyM856RbVXRXW9qapiY7S0','46b1f528bd9dbd9221b30728cc0064f34df5c646bb0aef9e55d82f945d1038c8','Tests',NULL,'["urn:ietf:wg:oauth:2.0:oob"]','read write follow push',1768225600000);
INSERT INTO "apps" VALUES(115882432921600007,'WhI4_aifezFvNwBilt8kSkfrHRRMn83iKiXUdQbPKkw','f259e5249fefce3b8d51faa70239ed052a9143d56bfac1003d8b49a6e1cde27a','Tests',NULL,'["urn:ietf:wg:oauth:2.0:oob"]','read write follow push',1768225600000);
CREATE TABLE blocks (
	id INTEGER NOT NULL, 
	account_id BIGINT NOT NULL, 
	target_id BIGINT NOT NULL, 
	uri TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_blocks PRIMARY KEY (id), 
	CONSTRAINT fk_blocks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_blocks_target_id FOREIGN KEY(target_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_blocks_account_id_target_id UNIQUE (account_id, target_id)
);
INSERT INTO "blocks" VALUES(115882484891648000,115882432921600003,115882432921600006,NULL,1768226393000);
CREATE TABLE bookmarks (
	id INTEGER NOT NULL, 
	account_id BIGINT NOT NULL, 
	status_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_bookmarks PRIMARY KEY (id), 
	CONSTRAINT fk_bookmarks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_bookmarks_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE, 
	CONSTRAINT uq_bookmarks_status_id_account_id UNIQUE (status_id, account_id)
);
INSERT INTO "bookmarks" VALUES(115882476896256000,115882432921600000,115882464903168000,1768226271000);
CREATE TABLE codes (
	hash VARCHAR NOT NULL, 
	app_id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	redirect_uri TEXT NOT NULL, 
	scopes VARCHAR NOT NULL, 
	challenge VARCHAR, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_codes PRIMARY KEY (hash), 
	CONSTRAINT fk_codes_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_codes_app_id FOREIGN KEY(app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	activity_id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	inbox TEXT NOT NULL, 
	host VARCHAR NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	due_at BIGINT NOT NULL, 
	last_error TEXT, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_deliveries_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id) ON DELETE CASCADE
);
INSERT INTO "deliveries" VALUES(115882436919296008,115882436919296007,115882432921600000,'https://far.example/users/zoe/inbox','far.example',0,1768225661000,NULL);
INSERT INTO "deliveries" VALUES(115882436919296012,115882436919296011,115882432921600000,'https://far.example/users/zoe/inbox','far.example',0,1768225661000,NULL);
INSERT INTO "deliveries" VALUES(115882444914688003,115882444914688002,115882432921600000,'https://far.example/inbox','far.example',0,1768225783000,NULL);
INSERT INTO "deliveries" VALUES(115882448912384003,115882448912384002,115882432921600000,'https://far.example/inbox','far.example',0,1768225844000,NULL);
INSERT INTO "deliveries" VALUES(115882476896256003,115882476896256002,115882432921600000,'https://far.example/inbox','far.example',0,1768226271000,NULL);
INSERT INTO "deliveries" VALUES(115882476896256004,115882476896256002,115882432921600000,'https://far.example/users/zoe/inbox','far.example',0,1768226271000,NULL);
INSERT INTO "deliveries" VALUES(115882488889344009,115882488889344008,115882432921600000,'https://far.example/inbox','far.example',0,1768226454000,NULL);
CREATE TABLE favourites (
	id INTEGER NOT NULL, 
	account_id BIGINT NOT NULL, 
	status_id BIGINT NOT NULL, 
	uri TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_favourites PRIMARY KEY (id), 
	CONSTRAINT fk_favourites_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_favourites_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE, 
	CONSTRAINT uq_favourites_status_id_account_id UNIQUE (status_id, account_id)
);
INSERT INTO "favourites" VALUES(115882468900864000,115882432921600003,115882448912384000,NULL,1768226149000);
INSERT INTO "favourites" VALUES(115882488889344000,115882432921600011,115882448912384000,'https://far.example/likes/1',1768226454000);
CREATE TABLE follows (
	id INTEGER NOT NULL, 
	follower_id BIGINT NOT NULL, 
	followee_id BIGINT NOT NULL, 
	state VARCHAR NOT NULL, 
	boosts BOOLEAN DEFAULT true NOT NULL, 
	notify BOOLEAN DEFAULT false NOT NULL, 
	uri TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_follows PRIMARY KEY (id), 
	CONSTRAINT fk_follows_followee_id FOREIGN KEY(followee_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_follows_follower_id FOREIGN KEY(follower_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_follows_follower_id_followee_id UNIQUE (follower_id, followee_id)
);
INSERT INTO "follows" VALUES(115882436919296000,115882432921600000,115882432921600003,'accepted',1,0,NULL,1768225661000);
INSERT INTO "follows" VALUES(115882436919296002,115882432921600003,115882432921600000,'accepted',1,1,NULL,1768225661000);
INSERT INTO "follows" VALUES(115882436919296004,115882432921600000,115882432921600006,'pending',1,0,NULL,1768225661000);
INSERT INTO "follows" VALUES(115882436919296006,115882432921600000,115882432921600011,'accepted',1,0,NULL,1768225661000);
INSERT INTO "follows" VALUES(115882436919296009,115882432921600011,115882432921600000,'accepted',1,0,'https://far.example/follows/1',1768225661000);
CREATE TABLE home (
	account_id BIGINT NOT NULL, 
	status_id BIGINT NOT NULL, 
	CONSTRAINT pk_home PRIMARY KEY (account_id, status_id), 
	CONSTRAINT fk_home_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_home_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "home" VALUES(115882432921600000,115882440916992000);
INSERT INTO "home" VALUES(115882432921600003,115882440916992000);
INSERT INTO "home" VALUES(115882432921600000,115882444914688000);
INSERT INTO "home" VALUES(115882432921600003,115882444914688000);
INSERT INTO "home" VALUES(115882432921600000,115882448912384000);
INSERT INTO "home" VALUES(115882432921600003,115882448912384000);
INSERT INTO "home" VALUES(115882432921600000,115882452910080000);
INSERT INTO "home" VALUES(115882432921600003,115882452910080000);
INSERT INTO "home" VALUES(115882432921600000,115882464903168000);
INSERT INTO "home" VALUES(115882432921600003,115882472898560000);
INSERT INTO "home" VALUES(115882432921600000,115882476896256001);
INSERT INTO "home" VALUES(115882432921600003,115882476896256001);
INSERT INTO "home" VALUES(115882432921600000,115882488889344006);
INSERT INTO "home" VALUES(115882432921600003,115882488889344006);
CREATE TABLE idempotency (
	account_id BIGINT NOT NULL, 
	"key" VARCHAR NOT NULL, 
	status_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_idempotency PRIMARY KEY (account_id, "key"), 
	CONSTRAINT fk_idempotency_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "idempotency" VALUES(115882432921600000,'one',115882488889344006,1768226454000);
CREATE TABLE instance (
	"key" VARCHAR NOT NULL, 
	value JSON NOT NULL, 
	CONSTRAINT pk_instance PRIMARY KEY ("key")
);
INSERT INTO "instance" VALUES('title','"Our street"');
CREATE TABLE invites (
	id INTEGER NOT NULL, 
	hash VARCHAR NOT NULL, 
	created_by BIGINT, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	used_by BIGINT, 
	used_at BIGINT, 
	CONSTRAINT pk_invites PRIMARY KEY (id), 
	CONSTRAINT fk_invites_created_by FOREIGN KEY(created_by) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_invites_used_by FOREIGN KEY(used_by) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT uq_invites_hash UNIQUE (hash)
);
INSERT INTO "invites" VALUES(115882488889344004,'83a5440dc189d45ca1abf7e58f001b9c9b4cae47e1aeb20db84e2ee8254d909c',115882432921600000,1768226454000,1768831254000,NULL,NULL);
CREATE TABLE markers (
	account_id BIGINT NOT NULL, 
	timeline VARCHAR NOT NULL, 
	last_read_id BIGINT NOT NULL, 
	version INTEGER NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_markers PRIMARY KEY (account_id, timeline), 
	CONSTRAINT fk_markers_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "markers" VALUES(115882432921600000,'home',115882448912384000,1,1768226454000);
CREATE TABLE members (
	account_id INTEGER NOT NULL, 
	password TEXT NOT NULL, 
	role VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	reason TEXT DEFAULT '' NOT NULL, 
	email VARCHAR, 
	preferences JSON NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_seen_at BIGINT, 
	CONSTRAINT pk_members PRIMARY KEY (account_id), 
	CONSTRAINT fk_members_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
INSERT INTO "members" VALUES(115882432921600000,'','owner','active','',NULL,'{}',1768225600000,1768226454000);
INSERT INTO "members" VALUES(115882432921600003,'','member','active','',NULL,'{}',1768225600000,1768225661000);
INSERT INTO "members" VALUES(115882432921600006,'','member','active','',NULL,'{}',1768225600000,1768225661000);
CREATE TABLE mentions (
	status_id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	CONSTRAINT pk_mentions PRIMARY KEY (status_id, account_id), 
	CONSTRAINT fk_mentions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_mentions_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE
);
INSERT INTO "mentions" VALUES(115882448912384000,115882432921600003);
INSERT INTO "mentions" VALUES(115882452910080000,115882432921600000);
INSERT INTO "mentions" VALUES(115882440916992000,115882432921600000);
CREATE TABLE notifications (
	id INTEGER NOT NULL, 
	account_id BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	from_account_id BIGINT NOT NULL, 
	status_id BIGINT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_notifications PRIMARY KEY (id), 
	CONSTRAINT fk_notifications_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_notifications_from_account_id FOREIGN KEY(from_account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_notifications_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE
);
INSERT INTO "notifications" VALUES(115882436919296001,115882432921600003,'follow',115882432921600000,NULL,1768225661000);
INSERT INTO "notifications" VALUES(115882436919296003,115882432921600000,'follow',115882432921600003,NULL,1768225661000);
INSERT INTO "notifications" VALUES(115882436919296005,115882432921600006,'follow_request',115882432921600000,NULL,1768225661000);
INSERT INTO "notifications" VALUES(115882436919296010,115882432921600000,'follow',115882432921600011,NULL,1768225661000);
INSERT INTO "notifications" VALUES(115882440916992003,115882432921600000,'mention',115882432921600003,115882440916992000,1768225722000);
INSERT INTO "notifications" VALUES(115882444914688001,115882432921600003,'status',115882432921600000,115882444914688000,1768225783000);
INSERT INTO "notifications" VALUES(115882448912384001,115882432921600003,'mention',115882432921600000,115882448912384000,1768225844000);
INSERT INTO "notifications" VALUES(115882452910080001,115882432921600000,'mention',115882432921600003,115882452910080000,1768225905000);
INSERT INTO "notifications" VALUES(115882468900864001,115882432921600000,'favourite',115882432921600003,115882448912384000,1768226149000);
INSERT INTO "notifications" VALUES(115882472898560001,115882432921600000,'reblog',115882432921600003,115882448912384000,1768226210000);
INSERT INTO "notifications" VALUES(115882488889344001,115882432921600000,'favourite',115882432921600011,115882448912384000,1768226454000);
INSERT INTO "notifications" VALUES(115882488889344003,115882432921600000,'reblog',115882432921600011,115882448912384000,1768226454000);
INSERT INTO "notifications" VALUES(115882488889344007,115882432921600003,'status',115882432921600000,115882488889344006,1768226454000);
CREATE TABLE received (
	uri TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	CONSTRAINT pk_received PRIMARY KEY (uri)
);
CREATE TABLE rules (
	id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_rules PRIMARY KEY (id)
);
INSERT INTO "rules" VALUES(115882432921600009,0,'Be kind.');
INSERT INTO "rules" VALUES(115882432921600010,1,'No selling.');
CREATE TABLE sequence (
	name VARCHAR NOT NULL, 
	last BIGINT NOT NULL, 
	CONSTRAINT pk_sequence PRIMARY KEY (name)
);
INSERT INTO "sequence" VALUES('id',115882488889344009);
CREATE TABLE sessions (
	id INTEGER NOT NULL, 
	hash VARCHAR NOT NULL, 
	account_id BIGINT NOT NULL, 
	browser TEXT NOT NULL, 
	address VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_sessions_hash UNIQUE (hash)
);
INSERT INTO "sessions" VALUES(115882488889344005,'15d57a247c2bc78abe44f767009a565166952f24738fd47087488a188ad2bb0d',115882432921600000,'Firefox','192.0.2.7',1768226454000,1768226454000);
CREATE TABLE status_edits (
	id INTEGER NOT NULL, 
	status_id BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	content TEXT NOT NULL, 
	spoiler_text TEXT NOT NULL, 
	sensitive BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_status_edits PRIMARY KEY (id), 
	CONSTRAINT fk_status_edits_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE
);
INSERT INTO "status_edits" VALUES(115882480893952000,115882440916992000,'Hello street! #bread and #Soup, with @anna','<p>Hello street! <a href="/tags/bread" class="mention hashtag" rel="tag">#<span>bread</span></a> and <a href="/tags/soup" class="mention hashtag" rel="tag">#<span>Soup</span></a>, with <span class="h-card" translate="no"><a href="/@anna" class="u-url mention">@<span>anna</span></a></span></p>','',0,1768225722000);
CREATE TABLE status_tags (
	tag_id BIGINT NOT NULL, 
	status_id BIGINT NOT NULL, 
	CONSTRAINT pk_status_tags PRIMARY KEY (tag_id, status_id), 
	CONSTRAINT fk_status_tags_status_id FOREIGN KEY(status_id) REFERENCES statuses (id) ON DELETE CASCADE, 
	CONSTRAINT fk_status_tags_tag_id FOREIGN KEY(tag_id) REFERENCES tags (id) ON DELETE CASCADE
);
INSERT INTO "status_tags" VALUES(115882440916992001,115882448912384000);
INSERT INTO "status_tags" VALUES(115882464903168001,115882464903168000);
INSERT INTO "status_tags" VALUES(115882440916992001,115882440916992000);
INSERT INTO "status_tags" VALUES(115882440916992002,115882440916992000);
CREATE TABLE statuses (
	id INTEGER NOT NULL, 
	account_id BIGINT NOT NULL, 
	uri TEXT, 
	url TEXT, 
	text TEXT DEFAULT '' NOT NULL, 
	content TEXT DEFAULT '' NOT NULL, 
	spoiler_text TEXT DEFAULT '' NOT NULL, 
	sensitive BOOLEAN DEFAULT false NOT NULL, 
	visibility VARCHAR NOT NULL, 
	language VARCHAR, 
	in_reply_to_id BIGINT, 
	in_reply_to_account_id BIGINT, 
	boost_of_id BIGINT, 
	conversation_id BIGINT NOT NULL, 
	attachments JSON NOT NULL, 
	app_id BIGINT, 
	replies_count INTEGER DEFAULT '0' NOT NULL, 
	boosts_count INTEGER DEFAULT '0' NOT NULL, 
	favourites_count INTEGER DEFAULT '0' NOT NULL, 
	local BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	edited_at BIGINT, 
	CONSTRAINT pk_statuses PRIMARY KEY (id), 
	CONSTRAINT fk_statuses_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_statuses_app_id FOREIGN KEY(app_id) REFERENCES apps (id) ON DELETE SET NULL, 
	CONSTRAINT fk_statuses_boost_of_id FOREIGN KEY(boost_of_id) REFERENCES statuses (id) ON DELETE CASCADE, 
	CONSTRAINT fk_statuses_in_reply_to_account_id FOREIGN KEY(in_reply_to_account_id) REFERENCES accounts (id) ON DELETE SET NULL, 
	CONSTRAINT fk_statuses_in_reply_to_id FOREIGN KEY(in_reply_to_id) REFERENCES statuses (id) ON DELETE SET NULL, 
	CONSTRAINT uq_statuses_boost_of_id_account_id UNIQUE (boost_of_id, account_id), 
	CONSTRAINT uq_statuses_uri UNIQUE (uri)
);
INSERT INTO "statuses" VALUES(115882440916992000,115882432921600003,NULL,NULL,'Hello street! #bread, #soup and tea, with @anna','<p>Hello street! <a href="/tags/bread" class="mention hashtag" rel="tag">#<span>bread</span></a>, <a href="/tags/soup" class="mention hashtag" rel="tag">#<span>soup</span></a> and tea, with <span class="h-card" translate="no"><a href="/@anna" class="u-url mention">@<span>anna</span></a></span></p>','',0,'public','en',NULL,NULL,NULL,115882440916992000,'[]',115882432921600004,1,0,0,1,1768225722000,1768226332000);
INSERT INTO "statuses" VALUES(115882444914688000,115882432921600000,NULL,NULL,'The recipe','<p>The recipe</p>','Salt inside',1,'private',NULL,NULL,NULL,NULL,115882444914688000,'[]',115882432921600001,0,0,0,1,1768225783000,NULL);
INSERT INTO "statuses" VALUES(115882448912384000,115882432921600000,NULL,NULL,'@bob I bring #bread','<p><span class="h-card" translate="no"><a href="/@bob" class="u-url mention">@<span>bob</span></a></span> I bring <a href="/tags/bread" class="mention hashtag" rel="tag">#<span>bread</span></a></p>','',0,'public',NULL,115882440916992000,115882432921600003,NULL,115882440916992000,'[]',115882432921600001,0,2,2,1,1768225844000,NULL);
INSERT INTO "statuses" VALUES(115882452910080000,115882432921600003,NULL,NULL,'@anna the key is under the pot','<p><span class="h-card" translate="no"><a href="/@anna" class="u-url mention">@<span>anna</span></a></span> the key is under the pot</p>','',0,'direct',NULL,NULL,NULL,NULL,115882452910080000,'[]',115882432921600004,0,0,0,1,1768225905000,NULL);
INSERT INTO "statuses" VALUES(115882464903168000,115882432921600011,'https://far.example/notes/1','https://far.example/@zoe/1','','<p>Snow here <a href="https://snow.example/">look</a></p>','',0,'public','fr',NULL,NULL,NULL,115882464903168000,'[{"type": "image", "url": "https://far.example/snow.jpg", "media_type": "image/jpeg", "description": "Much snow"}]',NULL,0,1,0,0,1768226088000,NULL);
INSERT INTO "statuses" VALUES(115882472898560000,115882432921600003,NULL,NULL,'','','',0,'public',NULL,NULL,NULL,115882448912384000,115882440916992000,'[]',NULL,0,0,0,1,1768226210000,NULL);
INSERT INTO "statuses" VALUES(115882476896256001,115882432921600000,NULL,NULL,'','','',0,'public',NULL,NULL,NULL,115882464903168000,115882464903168000,'[]',NULL,0,0,0,1,1768226271000,NULL);
INSERT INTO "statuses" VALUES(115882488889344002,115882432921600011,'https://far.example/boosts/1',NULL,'','','',0,'public',NULL,NULL,NULL,115882448912384000,115882440916992000,'[]',NULL,0,0,0,0,1768226454000,NULL);
INSERT INTO "statuses" VALUES(115882488889344006,115882432921600000,NULL,NULL,'Bread at four','<p>Bread at four</p>','',0,'public',NULL,NULL,NULL,NULL,115882488889344006,'[]',115882432921600001,0,0,0,1,1768226454000,NULL);
CREATE TABLE tags (
	id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (id), 
	CONSTRAINT uq_tags_name UNIQUE (name)
);
INSERT INTO "tags" VALUES(115882440916992001,'bread');
INSERT INTO "tags" VALUES(115882440916992002,'soup');
INSERT INTO "tags" VALUES(115882464903168001,'snow');
CREATE TABLE throttles (
	"key" VARCHAR NOT NULL, 
	since BIGINT NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_throttles PRIMARY KEY ("key")
);
CREATE TABLE tokens (
	id INTEGER NOT NULL, 
	hash VARCHAR NOT NULL, 
	app_id BIGINT NOT NULL, 
	account_id BIGINT, 
	scopes VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_used_at BIGINT, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_tokens_app_id FOREIGN KEY(app_id) REFERENCES apps (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_hash UNIQUE (hash)
);
INSERT INTO "tokens" VALUES(115882432921600002,'38f8b5128d11bf3a1ae58d57b17dfab7edb07eb28a9e56dbce5f8455260e8246',115882432921600001,115882432921600000,'read write follow push',1768225600000,1768225600000);
INSERT INTO "tokens" VALUES(115882432921600005,'8554b9d3ba3cf386552f765282614129e6dc0e118b7faa9dee034fd3a1dde4a7',115882432921600004,115882432921600003,'read write follow push',1768225600000,1768225661000);
INSERT INTO "tokens" VALUES(115882432921600008,'463658eaf6219ed22a0ef387f6f17e9f314f58f4796fd50f7103b7c6428479bd',115882432921600007,115882432921600006,'read write follow push',1768225600000,1768225661000);
CREATE TABLE tombstones (
	uri TEXT NOT NULL, 
	deleted_at BIGINT NOT NULL, 
	CONSTRAINT pk_tombstones PRIMARY KEY (uri)
);
INSERT INTO "tombstones" VALUES('local:115882456907776000',1768226027000);
CREATE INDEX ix_accounts_key_id ON accounts (key_id);
CREATE INDEX ix_received_received_at ON received (received_at);
CREATE INDEX ix_blocks_target_id ON blocks (target_id);
CREATE INDEX ix_blocks_uri ON blocks (uri);
CREATE INDEX ix_follows_followee_id_state_id ON follows (followee_id, state, id);
CREATE INDEX ix_follows_follower_id_state_id ON follows (follower_id, state, id);
CREATE INDEX ix_follows_uri ON follows (uri);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_statuses_account_id_id ON statuses (account_id, id);
CREATE INDEX ix_statuses_conversation_id ON statuses (conversation_id);
CREATE INDEX ix_statuses_in_reply_to_id ON statuses (in_reply_to_id);
CREATE INDEX ix_statuses_public ON statuses (id) WHERE visibility = 'public' AND local;
CREATE INDEX ix_tokens_account_id ON tokens (account_id);
CREATE INDEX ix_bookmarks_account_id_id ON bookmarks (account_id, id);
CREATE INDEX ix_deliveries_activity_id ON deliveries (activity_id);
CREATE INDEX ix_deliveries_due_at ON deliveries (due_at);
CREATE INDEX ix_deliveries_host_account_id_id ON deliveries (host, account_id, id);
CREATE INDEX ix_favourites_account_id_id ON favourites (account_id, id);
CREATE INDEX ix_favourites_uri ON favourites (uri);
CREATE INDEX ix_home_status_id ON home (status_id);
CREATE INDEX ix_mentions_account_id_status_id ON mentions (account_id, status_id);
CREATE INDEX ix_notifications_account_id_id ON notifications (account_id, id);
CREATE INDEX ix_notifications_status_id ON notifications (status_id);
CREATE INDEX ix_status_edits_status_id_id ON status_edits (status_id, id);
CREATE INDEX ix_status_tags_status_id ON status_tags (status_id);
COMMIT;
