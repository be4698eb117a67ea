CREATE TABLE `browser_users` (
	`user_id` text NOT NULL,
	`browser_id` text NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `browser_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`browser_id`) REFERENCES `browsers`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `browser_users_by_browser` ON `browser_users` (`browser_id`);--> statement-breakpoint
CREATE INDEX `browser_users_by_time` ON `browser_users` (`user_id`,`last_at`);--> statement-breakpoint
CREATE TABLE `browsers` (
	`id` text PRIMARY KEY NOT NULL,
	`secret_hash` text NOT NULL,
	`last_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `browsers_to_remove` ON `browsers` (`last_at`);--> statement-breakpoint
CREATE TABLE `places` (
	`id` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`user_id` text NOT NULL,
	`opened_at` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`client` text NOT NULL,
	`ip` text NOT NULL,
	`network` text NOT NULL,
	`country_code` text NOT NULL,
	`user_agent` text NOT NULL,
	`device` text NOT NULL,
	`device_kind` text DEFAULT 'unknown' NOT NULL,
	`is_first_ip` integer NOT NULL,
	`is_first_network` integer NOT NULL,
	`is_first_country` integer NOT NULL,
	`is_first_device` integer NOT NULL,
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `places_by_connection` ON `places` (`connection_id`,`client`,`device`);--> statement-breakpoint
CREATE INDEX `places_by_time` ON `places` (`user_id`,`first_at`);--> statement-breakpoint
CREATE INDEX `places_by_country` ON `places` (`user_id`,`country_code`,`opened_at`,`connection_id`) WHERE is_first_country;--> statement-breakpoint
CREATE INDEX `places_by_ip` ON `places` (`user_id`,`ip`,`opened_at`,`connection_id`) WHERE is_first_ip;--> statement-breakpoint
CREATE INDEX `places_by_network` ON `places` (`user_id`,`network`,`opened_at`,`connection_id`) WHERE is_first_network;--> statement-breakpoint
DROP INDEX `refusals_by_hour`;--> statement-breakpoint
ALTER TABLE `refusals` ADD `client` text;--> statement-breakpoint
ALTER TABLE `refusals` ADD `connection_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `refusals_by_client` ON `refusals` (`user_id`,`hour`,`client`) WHERE client is not null;--> statement-breakpoint
CREATE INDEX `refusals_by_connection` ON `refusals` (`connection_id`) WHERE connection_id is not null;--> statement-breakpoint
ALTER TABLE `connections` ADD `place` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `browser` text;--> statement-breakpoint
ALTER TABLE `known` ADD `taught_by` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `former_confirmed_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `seen_at` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `disowned_at` integer;