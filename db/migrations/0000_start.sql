CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`opened_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`closed_at` integer,
	`end_reason` text,
	`closed_by` text,
	`ip` text NOT NULL,
	`network` text NOT NULL,
	`country_code` text NOT NULL,
	`user_agent` text NOT NULL,
	`device` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `connections_by_time` ON `connections` (`user_id`,`opened_at`,`id`);--> statement-breakpoint
CREATE INDEX `connections_by_country` ON `connections` (`user_id`,`country_code`,`opened_at`,`id`);--> statement-breakpoint
CREATE INDEX `connections_by_ip` ON `connections` (`user_id`,`ip`,`opened_at`,`id`);--> statement-breakpoint
CREATE INDEX `connections_by_network` ON `connections` (`user_id`,`network`,`opened_at`,`id`);--> statement-breakpoint
CREATE INDEX `connections_not_closed` ON `connections` (`user_id`,`opened_at`,`id`) WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX `connections_to_expire` ON `connections` (`expires_at`) WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX `connections_to_remove` ON `connections` (`closed_at`) WHERE closed_at is not null;--> statement-breakpoint
CREATE TABLE `limits` (
	`key` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `limits_to_remove` ON `limits` (`expires_at`);--> statement-breakpoint
CREATE TABLE `refusals` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`hour` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`addresses` integer NOT NULL,
	`reason` text NOT NULL,
	`ip` text NOT NULL,
	`network` text NOT NULL,
	`country_code` text NOT NULL,
	`user_agent` text NOT NULL,
	`device` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `refusals_by_hour` ON `refusals` (`user_id`,`hour`);--> statement-breakpoint
CREATE INDEX `refusals_by_time` ON `refusals` (`user_id`,`first_at`,`id`);--> statement-breakpoint
CREATE INDEX `refusals_by_country` ON `refusals` (`user_id`,`country_code`,`first_at`,`id`);--> statement-breakpoint
CREATE INDEX `refusals_by_ip` ON `refusals` (`user_id`,`ip`,`first_at`,`id`);--> statement-breakpoint
CREATE INDEX `refusals_by_network` ON `refusals` (`user_id`,`network`,`first_at`,`id`);--> statement-breakpoint
CREATE INDEX `refusals_to_remove` ON `refusals` (`last_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`secret_hash` text NOT NULL,
	`csrf` text NOT NULL,
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_connection_id_unique` ON `sessions` (`connection_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`password_hash` text NOT NULL,
	`password_version` integer DEFAULT 1 NOT NULL,
	`time_zone` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);