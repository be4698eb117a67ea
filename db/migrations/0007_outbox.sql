CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`event` text NOT NULL,
	`about` text,
	`recipient` text,
	`happened_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`due_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`due_at`);--> statement-breakpoint
CREATE INDEX `outbox_by_user` ON `outbox` (`user_id`,`happened_at`);--> statement-breakpoint
ALTER TABLE `links` ADD `email` text;--> statement-breakpoint
ALTER TABLE `users` ADD `places_muted_at` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `pending_email` text;