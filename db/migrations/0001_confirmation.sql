ALTER TABLE `sessions` ADD `confirmed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `former_hash` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `renewed_at` integer;