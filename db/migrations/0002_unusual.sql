CREATE TABLE `known` (
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `kind`, `value`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `known_to_remove` ON `known` (`last_at`);--> statement-breakpoint
ALTER TABLE `connections` ADD `device_kind` text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE `connections` ADD `unusual` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `answer` text;--> statement-breakpoint
CREATE INDEX `connections_unusual` ON `connections` (`user_id`,`opened_at`,`id`) WHERE unusual is not null;--> statement-breakpoint
CREATE INDEX `connections_unanswered` ON `connections` (`user_id`,`opened_at`,`id`) WHERE unusual is not null and answer is null;--> statement-breakpoint
ALTER TABLE `refusals` ADD `device_kind` text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
-- For ranges of rows, ?1 to ?2: a server may roll back what takes long.
INSERT INTO `known` (`user_id`, `kind`, `value`, `last_at`)
SELECT `user_id`, 'country', `country_code`, max(`opened_at`) FROM `connections` WHERE rowid BETWEEN ?1 AND ?2 AND `country_code` NOT IN ('private', 'none') GROUP BY 1, 3
UNION ALL SELECT `user_id`, 'network', `network`, max(`opened_at`) FROM `connections` WHERE rowid BETWEEN ?1 AND ?2 AND `network` <> '' AND `country_code` <> 'private' GROUP BY 1, 3
UNION ALL SELECT `user_id`, 'device', `device`, max(`opened_at`) FROM `connections` WHERE rowid BETWEEN ?1 AND ?2 AND `device` <> 'Unknown device' GROUP BY 1, 3
ON CONFLICT DO UPDATE SET `last_at` = max(`last_at`, excluded.`last_at`);--> statement-breakpoint
UPDATE `connections` SET `device_kind` = CASE
	WHEN `device` LIKE '% on iPad' OR `device` LIKE '% on Android' AND `user_agent` NOT LIKE '%Mobile%' THEN 'tablet'
	WHEN `device` LIKE '% on iPhone' OR `device` LIKE '% on Android' THEN 'phone'
	WHEN `device` LIKE '% on %' THEN 'computer'
	WHEN `device` <> 'Unknown device' THEN 'script'
	ELSE 'unknown' END
WHERE rowid BETWEEN ?1 AND ?2 AND `device_kind` = 'unknown' AND `device` <> 'Unknown device';--> statement-breakpoint
UPDATE `refusals` SET `device_kind` = CASE
	WHEN `device` LIKE '% on iPad' OR `device` LIKE '% on Android' AND `user_agent` NOT LIKE '%Mobile%' THEN 'tablet'
	WHEN `device` LIKE '% on iPhone' OR `device` LIKE '% on Android' THEN 'phone'
	WHEN `device` LIKE '% on %' THEN 'computer'
	WHEN `device` <> 'Unknown device' THEN 'script'
	ELSE 'unknown' END
WHERE rowid BETWEEN ?1 AND ?2 AND `device_kind` = 'unknown' AND `device` <> 'Unknown device';
