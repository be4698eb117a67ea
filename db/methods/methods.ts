import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { Db } from "../database.ts";
import { jsonObject, prepare } from "../driver/prepared.ts";
import { authenticators, browsers, browserUsers, connections, passkeys, recoveryCodes } from "../schema.ts";

/** Whether a sign-in with the password asks for a second step. */
export function hasSecondFactor(user: SQLWrapper): SQL {
  return sql`(${hasAuthenticator(user)} or ${hasPasskeys(user)})`;
}

export function hasAuthenticator(user: SQLWrapper): SQL {
  return sql`exists (select 1 from ${authenticators} where user_id = ${user})`;
}

export function hasPasskeys(user: SQLWrapper): SQL {
  return sql`exists (select 1 from ${passkeys} where user_id = ${user})`;
}

type Used = { addedAt: number; lastAt: number | null };

export type Methods = {
  authenticator: Used | null;
  passkeys: (Used & { id: string; name: string; isBackedUp: 0 | 1 })[];
  /** Null without any. */
  recoveryCodes: { addedAt: number; left: number } | null;
  /** Known browsers, the last used first; `device` is null if the history has nothing of them. */
  browsers: { id: string; firstAt: number; lastAt: number; device: string | null }[];
};

/** Connections that are searched for a known browser's name, back from its last sign-in, which is usually the first of them. */
const MAX_SEARCHED = sql.raw("100");

const USER = sql.placeholder("userId");
const used = { addedAt: sql`added_at`, lastAt: sql`last_at` };

const findMethods = prepare<Methods>(sql`select ${
  jsonObject({
    authenticator: sql`json((select ${jsonObject(used)} from ${authenticators} where user_id = ${USER}))`,
    passkeys: sql`json((select json_group_array(${
      jsonObject({ id: sql`id`, name: sql`name`, isBackedUp: sql`is_backed_up`, ...used })
    }) from (select * from ${passkeys} where user_id = ${USER} order by added_at, id)))`,
    recoveryCodes: sql`json((select iif(count(*) = 0, null, ${
      jsonObject({ addedAt: sql`max(added_at)`, left: sql`sum(used_at is null)` })
    }) from ${recoveryCodes} where user_id = ${USER}))`,
    browsers: sql`json((select json_group_array(${
      jsonObject({ id: sql`browser_id`, firstAt: sql`first_at`, lastAt: sql`last_at`, device: sql`device` })
    }) from (select bu.*, (select device from (
        select c.device, c.browser from ${connections} c where c.user_id = bu.user_id and c.opened_at <= bu.last_at
        order by c.opened_at desc limit ${MAX_SEARCHED}) where browser = bu.browser_id limit 1) as device
      from ${browserUsers} bu join ${browsers} on ${browsers.id} = bu.browser_id
      where bu.user_id = ${USER} order by bu.last_at desc, bu.browser_id)))`,
  })
}`);

export async function listMethods(db: Db, userId: string): Promise<Methods> {
  return await findMethods(db, { userId }) ?? { authenticator: null, passkeys: [], recoveryCodes: null, browsers: [] };
}
