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

/** Those that an owner sees. */
export function sectionsFor(options: AppOptions, session: Session): Section[] {
  return sectionsOf(options).filter((section) => section !== "password" || session.hasPassword);
}
