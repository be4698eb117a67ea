// Made by `deno task generate`.
export const migrations: { name: string; hash: string; folderMillis: number; sql: string[] }[] = [
 {
  "name": "0000_start",
  "hash": "9da96521625036f26164c23859de6abbf6133e7ab7c6f79a3e80960eb9f09377",
  "folderMillis": 1795503852969,
  "sql": [
   "CREATE TABLE `connections` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`user_id` text NOT NULL,\n\t`opened_at` integer NOT NULL,\n\t`last_seen_at` integer NOT NULL,\n\t`expires_at` integer NOT NULL,\n\t`closed_at` integer,\n\t`end_reason` text,\n\t`closed_by` text,\n\t`ip` text NOT NULL,\n\t`network` text NOT NULL,\n\t`country_code` text NOT NULL,\n\t`user_agent` text NOT NULL,\n\t`device` text NOT NULL,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `connections_by_time` ON `connections` (`user_id`,`opened_at`,`id`);",
   "\nCREATE INDEX `connections_by_country` ON `connections` (`user_id`,`country_code`,`opened_at`,`id`);",
   "\nCREATE INDEX `connections_by_ip` ON `connections` (`user_id`,`ip`,`opened_at`,`id`);",
   "\nCREATE INDEX `connections_by_network` ON `connections` (`user_id`,`network`,`opened_at`,`id`);",
   "\nCREATE INDEX `connections_not_closed` ON `connections` (`user_id`,`opened_at`,`id`) WHERE closed_at is null;",
   "\nCREATE INDEX `connections_to_expire` ON `connections` (`expires_at`) WHERE closed_at is null;",
   "\nCREATE INDEX `connections_to_remove` ON `connections` (`closed_at`) WHERE closed_at is not null;",
   "\nCREATE TABLE `limits` (\n\t`key` text PRIMARY KEY NOT NULL,\n\t`count` integer NOT NULL,\n\t`expires_at` integer NOT NULL\n);\n",
   "\nCREATE INDEX `limits_to_remove` ON `limits` (`expires_at`);",
   "\nCREATE TABLE `refusals` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`user_id` text NOT NULL,\n\t`hour` integer NOT NULL,\n\t`first_at` integer NOT NULL,\n\t`last_at` integer NOT NULL,\n\t`attempts` integer NOT NULL,\n\t`addresses` integer NOT NULL,\n\t`reason` text NOT NULL,\n\t`ip` text NOT NULL,\n\t`network` text NOT NULL,\n\t`country_code` text NOT NULL,\n\t`user_agent` text NOT NULL,\n\t`device` text NOT NULL,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE UNIQUE INDEX `refusals_by_hour` ON `refusals` (`user_id`,`hour`);",
   "\nCREATE INDEX `refusals_by_time` ON `refusals` (`user_id`,`first_at`,`id`);",
   "\nCREATE INDEX `refusals_by_country` ON `refusals` (`user_id`,`country_code`,`first_at`,`id`);",
   "\nCREATE INDEX `refusals_by_ip` ON `refusals` (`user_id`,`ip`,`first_at`,`id`);",
   "\nCREATE INDEX `refusals_by_network` ON `refusals` (`user_id`,`network`,`first_at`,`id`);",
   "\nCREATE INDEX `refusals_to_remove` ON `refusals` (`last_at`);",
   "\nCREATE TABLE `sessions` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`connection_id` text NOT NULL,\n\t`secret_hash` text NOT NULL,\n\t`csrf` text NOT NULL,\n\tFOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE UNIQUE INDEX `sessions_connection_id_unique` ON `sessions` (`connection_id`);",
   "\nCREATE TABLE `users` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`email` text NOT NULL,\n\t`password_hash` text NOT NULL,\n\t`password_version` integer DEFAULT 1 NOT NULL,\n\t`time_zone` text,\n\t`created_at` integer NOT NULL\n);\n",
   "\nCREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);"
  ]
 },
 {
  "name": "0001_confirmation",
  "hash": "47278fcfb98c549a74f3eb7fd0d8a53c3407ea234c7168b86a6192429f292a7b",
  "folderMillis": 1795534135065,
  "sql": [
   "ALTER TABLE `sessions` ADD `confirmed_at` integer DEFAULT 0 NOT NULL;",
   "\nALTER TABLE `sessions` ADD `former_hash` text;",
   "\nALTER TABLE `sessions` ADD `renewed_at` integer;"
  ]
 },
 {
  "name": "0002_unusual",
  "hash": "7ab8cf1890375d3282373a8aab88240dd8cf8d9a4730246ef6a6bb70d2128f4f",
  "folderMillis": 1795650513976,
  "sql": [
   "CREATE TABLE `known` (\n\t`user_id` text NOT NULL,\n\t`kind` text NOT NULL,\n\t`value` text NOT NULL,\n\t`last_at` integer NOT NULL,\n\tPRIMARY KEY(`user_id`, `kind`, `value`),\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `known_to_remove` ON `known` (`last_at`);",
   "\nALTER TABLE `connections` ADD `device_kind` text DEFAULT 'unknown' NOT NULL;",
   "\nALTER TABLE `connections` ADD `unusual` text;",
   "\nALTER TABLE `connections` ADD `answer` text;",
   "\nCREATE INDEX `connections_unusual` ON `connections` (`user_id`,`opened_at`,`id`) WHERE unusual is not null;",
   "\nCREATE INDEX `connections_unanswered` ON `connections` (`user_id`,`opened_at`,`id`) WHERE unusual is not null and answer is null;",
   "\nALTER TABLE `refusals` ADD `device_kind` text DEFAULT 'unknown' NOT NULL;",
   "\n-- For ranges of rows, ?1 to ?2: a server may roll back what takes long.\nINSERT INTO `known` (`user_id`, `kind`, `value`, `last_at`)\nSELECT `user_id`, 'country', `country_code`, max(`opened_at`) FROM `connections` WHERE rowid BETWEEN ?1 AND ?2 AND `country_code` NOT IN ('private', 'none') GROUP BY 1, 3\nUNION ALL SELECT `user_id`, 'network', `network`, max(`opened_at`) FROM `connections` WHERE rowid BETWEEN ?1 AND ?2 AND `network` <> '' AND `country_code` <> 'private' GROUP BY 1, 3\nUNION ALL SELECT `user_id`, 'device', `device`, max(`opened_at`) FROM `connections` WHERE rowid BETWEEN ?1 AND ?2 AND `device` <> 'Unknown device' GROUP BY 1, 3\nON CONFLICT DO UPDATE SET `last_at` = max(`last_at`, excluded.`last_at`);",
   "\nUPDATE `connections` SET `device_kind` = CASE\n\tWHEN `device` LIKE '% on iPad' OR `device` LIKE '% on Android' AND `user_agent` NOT LIKE '%Mobile%' THEN 'tablet'\n\tWHEN `device` LIKE '% on iPhone' OR `device` LIKE '% on Android' THEN 'phone'\n\tWHEN `device` LIKE '% on %' THEN 'computer'\n\tWHEN `device` <> 'Unknown device' THEN 'script'\n\tELSE 'unknown' END\nWHERE rowid BETWEEN ?1 AND ?2 AND `device_kind` = 'unknown' AND `device` <> 'Unknown device';",
   "\nUPDATE `refusals` SET `device_kind` = CASE\n\tWHEN `device` LIKE '% on iPad' OR `device` LIKE '% on Android' AND `user_agent` NOT LIKE '%Mobile%' THEN 'tablet'\n\tWHEN `device` LIKE '% on iPhone' OR `device` LIKE '% on Android' THEN 'phone'\n\tWHEN `device` LIKE '% on %' THEN 'computer'\n\tWHEN `device` <> 'Unknown device' THEN 'script'\n\tELSE 'unknown' END\nWHERE rowid BETWEEN ?1 AND ?2 AND `device_kind` = 'unknown' AND `device` <> 'Unknown device';\n"
  ]
 },
 {
  "name": "0003_preferences",
  "hash": "bc797c89f26d1182c390411f1e0531c1e237cc2f6d6952d0dfcf747dede866ab",
  "folderMillis": 1795652651948,
  "sql": [
   "ALTER TABLE `users` ADD `language` text;",
   "\nALTER TABLE `users` ADD `theme` text;"
  ]
 },
 {
  "name": "0004_places",
  "hash": "5070b66bc59b418d475f154e719cea4cf8db8b3e8a98f786ec0e2f428f86fc14",
  "folderMillis": 1795915032304,
  "sql": [
   "CREATE TABLE `browser_users` (\n\t`user_id` text NOT NULL,\n\t`browser_id` text NOT NULL,\n\t`first_at` integer NOT NULL,\n\t`last_at` integer NOT NULL,\n\tPRIMARY KEY(`user_id`, `browser_id`),\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,\n\tFOREIGN KEY (`browser_id`) REFERENCES `browsers`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `browser_users_by_browser` ON `browser_users` (`browser_id`);",
   "\nCREATE INDEX `browser_users_by_time` ON `browser_users` (`user_id`,`last_at`);",
   "\nCREATE TABLE `browsers` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`secret_hash` text NOT NULL,\n\t`last_at` integer NOT NULL\n);\n",
   "\nCREATE INDEX `browsers_to_remove` ON `browsers` (`last_at`);",
   "\nCREATE TABLE `places` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`connection_id` text NOT NULL,\n\t`user_id` text NOT NULL,\n\t`opened_at` integer NOT NULL,\n\t`first_at` integer NOT NULL,\n\t`last_at` integer NOT NULL,\n\t`client` text NOT NULL,\n\t`ip` text NOT NULL,\n\t`network` text NOT NULL,\n\t`country_code` text NOT NULL,\n\t`user_agent` text NOT NULL,\n\t`device` text NOT NULL,\n\t`device_kind` text DEFAULT 'unknown' NOT NULL,\n\t`is_first_ip` integer NOT NULL,\n\t`is_first_network` integer NOT NULL,\n\t`is_first_country` integer NOT NULL,\n\t`is_first_device` integer NOT NULL,\n\tFOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE UNIQUE INDEX `places_by_connection` ON `places` (`connection_id`,`client`,`device`);",
   "\nCREATE INDEX `places_by_time` ON `places` (`user_id`,`first_at`);",
   "\nCREATE INDEX `places_by_country` ON `places` (`user_id`,`country_code`,`opened_at`,`connection_id`) WHERE is_first_country;",
   "\nCREATE INDEX `places_by_ip` ON `places` (`user_id`,`ip`,`opened_at`,`connection_id`) WHERE is_first_ip;",
   "\nCREATE INDEX `places_by_network` ON `places` (`user_id`,`network`,`opened_at`,`connection_id`) WHERE is_first_network;",
   "\nDROP INDEX `refusals_by_hour`;",
   "\nALTER TABLE `refusals` ADD `client` text;",
   "\nALTER TABLE `refusals` ADD `connection_id` text;",
   "\nCREATE UNIQUE INDEX `refusals_by_client` ON `refusals` (`user_id`,`hour`,`client`) WHERE client is not null;",
   "\nCREATE INDEX `refusals_by_connection` ON `refusals` (`connection_id`) WHERE connection_id is not null;",
   "\nALTER TABLE `connections` ADD `place` text;",
   "\nALTER TABLE `connections` ADD `browser` text;",
   "\nALTER TABLE `known` ADD `taught_by` text;",
   "\nALTER TABLE `sessions` ADD `former_confirmed_at` integer;",
   "\nALTER TABLE `sessions` ADD `seen_at` integer;",
   "\nALTER TABLE `users` ADD `disowned_at` integer;"
  ]
 },
 {
  "name": "0005_links",
  "hash": "020704fc023e9f6d3cba13d4c30213aadf1807cc360197b057e40b508612300a",
  "folderMillis": 1795948153105,
  "sql": [
   "CREATE TABLE `links` (\n\t`hash` text PRIMARY KEY NOT NULL,\n\t`purpose` text NOT NULL,\n\t`user_id` text NOT NULL,\n\t`expires_at` integer NOT NULL,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `links_by_user` ON `links` (`user_id`);",
   "\nCREATE INDEX `links_to_remove` ON `links` (`expires_at`);",
   "\nALTER TABLE `users` ADD `disabled_at` integer;"
  ]
 },
 {
  "name": "0006_methods",
  "hash": "94cc4377c33abb79d01822fcb6900c1f372c5cd67b166b848b309862287b2ee9",
  "folderMillis": 1795950116311,
  "sql": [
   "CREATE TABLE `authenticators` (\n\t`user_id` text PRIMARY KEY NOT NULL,\n\t`secret` text NOT NULL,\n\t`last_step` integer NOT NULL,\n\t`added_at` integer NOT NULL,\n\t`last_at` integer,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE TABLE `passkeys` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`user_id` text NOT NULL,\n\t`public_key` text NOT NULL,\n\t`counter` integer NOT NULL,\n\t`is_backed_up` integer NOT NULL,\n\t`transports` text NOT NULL,\n\t`name` text NOT NULL,\n\t`added_at` integer NOT NULL,\n\t`last_at` integer,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `passkeys_by_user` ON `passkeys` (`user_id`,`added_at`);",
   "\nCREATE TABLE `pending_sign_ins` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`secret_hash` text NOT NULL,\n\t`user_id` text NOT NULL,\n\t`password_version` integer NOT NULL,\n\t`time_zone` text,\n\t`expires_at` integer NOT NULL,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `pending_sign_ins_by_user` ON `pending_sign_ins` (`user_id`);",
   "\nCREATE INDEX `pending_sign_ins_to_remove` ON `pending_sign_ins` (`expires_at`);",
   "\nCREATE TABLE `recovery_codes` (\n\t`user_id` text NOT NULL,\n\t`hash` text NOT NULL,\n\t`added_at` integer NOT NULL,\n\t`used_at` integer,\n\tPRIMARY KEY(`user_id`, `hash`),\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE TABLE `used_challenges` (\n\t`hash` text PRIMARY KEY NOT NULL,\n\t`expires_at` integer NOT NULL\n);\n",
   "\nCREATE INDEX `used_challenges_to_remove` ON `used_challenges` (`expires_at`);",
   "\nALTER TABLE `connections` ADD `method` text DEFAULT 'password' NOT NULL;",
   "\nALTER TABLE `connections` ADD `passkey` text;"
  ]
 },
 {
  "name": "0007_outbox",
  "hash": "c8245e8254712dbb5582008706d991846fa8c6d0f8e8fac7d7a85b3f5aeba9cf",
  "folderMillis": 1795991740002,
  "sql": [
   "CREATE TABLE `outbox` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`user_id` text NOT NULL,\n\t`event` text NOT NULL,\n\t`about` text,\n\t`recipient` text,\n\t`happened_at` integer NOT NULL,\n\t`attempts` integer DEFAULT 0 NOT NULL,\n\t`due_at` integer NOT NULL,\n\tFOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
   "\nCREATE INDEX `outbox_due` ON `outbox` (`due_at`);",
   "\nCREATE INDEX `outbox_by_user` ON `outbox` (`user_id`,`happened_at`);",
   "\nALTER TABLE `links` ADD `email` text;",
   "\nALTER TABLE `users` ADD `places_muted_at` integer;",
   "\nALTER TABLE `users` ADD `pending_email` text;"
  ]
 },
 {
  "name": "0008_browser_language",
  "hash": "81c80d7215fe1151cb6ff25403f8f0a14410826ca90b597cf8e13305134a8d5d",
  "folderMillis": 1795994215573,
  "sql": [
   "ALTER TABLE `users` ADD `browser_language` text;"
  ]
 }
];
