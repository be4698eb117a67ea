import type { Session } from "../db/sessions.ts";
import type { AppOptions, Section } from "./env.ts";

const ALL: Section[] = ["history", "password", "methods", "preferences"];

export function sectionsOf({ sections = ALL }: AppOptions): Section[] {
  return sections;
}

/** Whether an owner can change a password here. */
export function hasPasswordPage(options: AppOptions, session: Session): boolean {
  return session.hasPassword && sectionsOf(options).includes("password");
}

/** Whether an owner can change their address here: not if the panel has their password. */
export function hasEmailPage(options: AppOptions, session: Session): boolean {
  const { mail, canChangeEmail = true } = options;
  return mail !== undefined && canChangeEmail && hasPasswordPage(options, session);
}

export function sectionsFor(options: AppOptions, session: Session): Section[] {
  return sectionsOf(options).filter((section) => section !== "password" || session.hasPassword);
}
