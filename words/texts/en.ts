import type { Child } from "hono/jsx";
import { countingIn } from "../counts.ts";

const { count, number, pick } = countingIn("en");

/** Marks a part of a sentence up, as important or as a link. */
export type Marked = (part: string) => Child;

/** What a language has to say. */
export type Wording = typeof en;

/** By page, and in the order in which they stand on it. A sentence with an element in it is given what makes the element. */
export const en = {
  brand: "Control panel",

  layout: {
    skip: "Skip to the content",
    menu: "User management",
    area: "User and security",
    signOut: "Sign out",
    attribution: (link: Child): Child => [
      "This product includes GeoLite2 data created by MaxMind, available from ",
      link,
      ". A country is a good guess, never a proof.",
    ],
  },

  time: {
    justNow: "just now",
    lessThanMinute: "less\u00a0than\u00a0a\u00a0minute",
    minutes: (minutes: number) => count(minutes, "minute", "minutes"),
    hours: (hours: number) => count(hours, "hour", "hours"),
  },

  /** `alone`: where no head of a column says what is unknown. */
  place: {
    private: "Private network",
    unknown: "Unknown",
    unknownIp: "Unknown",
    alone: { country: "Unknown country", ip: "unknown address" },
  },
  device: { unknown: "Unknown device", on: (browser: string, system: string) => `${browser} on ${system}` },
  states: { open: "Open", closed: "Closed", refused: "Refused", unusual: "Unusual" },

  signIn: {
    title: "Sign in",
    noUsers: (command: Child): Child => ["There is no account yet. The operator makes the first one with ", command],
    email: "E-mail address",
    password: "Password",
    submit: "Sign in",
    forgotten: "Forgot your password? Ask the operator of this control panel to set a new one.",
    wrong: "E-mail address or password is wrong. Check both and try again.",
    ended: {
      signed_out: (when: string) => `You signed out on ${when}.`,
      closed: (when: string) => `This connection was closed from another one on ${when}. Sign in to open a new one.`,
      expired: (when: string) => `This connection expired on ${when}. Sign in to open a new one.`,
      password_changed: (when: string) =>
        `This connection was closed on ${when}, when the password was changed. Sign in with the new one.`,
      closed_by_operator: (when: string) =>
        `The operator closed this connection on ${when}. Sign in to open a new one.`,
      replaced: (when: string) =>
        `This connection was closed on ${when}: the account had too many open ones, and it was the oldest.`,
      renewed: (when: string) =>
        `Your password was given on ${when}, but the answer did not reach this browser. Please sign in again.`,
    },
  },

  history: {
    title: "Connection history",
    lead: "Who connected to your account, when and from where.",
    onlyThis: "Only this connection is open.",
    open: (connections: number, strong: Marked): Child => [
      strong(`${number(connections)} connections are open`),
      " now, this one included.",
    ],
    unanswered: (connections: number, link: Marked): Child => [
      link(
        pick(connections, "1 unusual connection waits", `${number(connections)} unusual connections wait`),
      ),
      " for your answer.",
    ],
    download: "Download CSV",
    rows: (rows: number) => count(rows, "row", "rows"),
    moreThanRows: (rows: number) => `more than ${count(rows, "row", "rows")}`,
    soFar: (rows: string) => `${rows} so far`,
    closeAll: "Close open connections",
    noOther: "No other connection is open",
    leftOut: (problems: string[]) =>
      `${problems.join(". ")}. ${pick(problems.length, "It was", "They were")} left out.`,
    caption: "Connections to your account, newest first",
    date: "Date",
    ip: "IP address",
    country: "Country",
    device: "Device",
    state: "State",
    zone: (zone: string) => `Times in ${zone}`,
    lookedThrough: (rows: number) => `Looked through ${count(rows, "row", "rows")}.`,
    older: "Older connections",
    goOn: "Go on looking",
    noOlder: "There is nothing older.",
  },

  row: {
    current: "This connection",
    times: (ago: string, lastSeen: string) => `${ago}\u00a0· last seen ${lastSeen}`,
    timesRefused: (ago: string, lastTry: string) => `${ago}\u00a0· last try ${lastTry}`,
    reasons: {
      signed_out: "Signed out",
      closed: "From another connection",
      expired: "Expired",
      password_changed: "Password changed",
      closed_by_operator: "By the operator",
      replaced: "Too many open",
      wrong_password: "Wrong password",
      too_many_tries: "Too many tries",
      locked: "Locked for 24 hours",
    },
    fromHere: "From this browser",
    from: (device: string) => `From ${device}`,
    lasted: (duration: string) => `lasted\u00a0${duration}`,
    refused: (reason: string, attempts: number, addresses: number) =>
      `${reason}: ${count(attempts, "attempt", "attempts")}${
        addresses > 1 ? ` from ${number(addresses)} addresses` : ""
      }`,
    unusual: {
      new_country: (country: string) => `New country: ${country}`,
      new_network_and_device: () => "New network and device",
      after_refusals: () => "After refused sign-ins",
    },
    answered: { me: "You said: this was me", not_me: "You said: not me" },
    close: "Close",
    closeWhich: (device: string, ip: string) => `the connection of ${device}, ${ip}`,
    wasThisYou: "Was this you?",
  },

  days: {
    skip: "Skip the picture",
    today: "today",
    last: (days: number) => `In the last ${number(days)} days: `,
    nothing: "nothing",
    connections: (connections: number) => count(connections, "connection", "connections"),
    moreThanConnections: (connections: number) => `more than ${count(connections, "connection", "connections")}`,
    newestDrawn: (connections: number) => `the newest ${number(connections)} are drawn`,
    perDay: (most: number) => `up to ${number(most)} a day`,
    refusedSignIns: (attempts: number) => count(attempts, "refused sign-in", "refused sign-ins"),
    refused: (attempts: number) => `${number(attempts)} refused`,
    unusual: (connections: number) => `${number(connections)} unusual`,
    notCounted: "not counted",
  },

  filters: {
    name: "Filter connections",
    submit: "Filter",
    active: (filters: number) => `${number(filters)} active`,
    state: "State",
    everyState: "All",
    country: "Country",
    everyCountry: "Any",
    from: "From",
    to: "To",
    ip: "IP address",
    day: "Day",
    chips: "Active filters",
    remove: "Remove the filter",
    showAll: "Show all",
    title: { from: (day: string) => `from ${day}`, to: (day: string) => `to ${day}`, older: "older" },
    soFarTitle: "Nothing so far",
    soFar: "There is more of your history to look through.",
    beginningTitle: "Nothing older",
    beginning: "This is where the history of your account begins.",
    newest: "Go to the newest connections",
    emptyTitle: "Nothing matches this filter",
    emptyOne: "Nothing in your history fits it.",
    emptyAll: "Nothing in your history fits all of it. Drop a part of it:",
    without: (filter: string) => `Without "${filter}"`,
    showAllConnections: "Show all connections",
    problems: {
      state: '"State" must be open, closed, refused or unusual',
      country: '"Country" must be a country\'s two letters, private or none',
      from: '"From" must be a day like 2026-11-23',
      to: '"To" must be a day like 2026-11-23',
      ip: '"IP address" must be an address, or how a network begins: 46.16',
      before: "The link to older connections was damaged, so these are the newest ones",
      repeated: (field: string) => `"${field}" came more than once`,
    },
  },

  news: {
    opened: (what: string) => `A connection was opened: ${what}.`,
    openedUnusual: (what: string) => `An unusual connection was opened: ${what}.`,
    openedMany: (connections: number) =>
      pick(connections, "A connection was opened.", `${number(connections)} connections were opened.`),
    closed: (connections: number) =>
      pick(connections, "A connection was closed.", `${number(connections)} connections were closed.`),
    refused: (attempts: number) =>
      pick(attempts, "A sign-in was refused.", `${number(attempts)} sign-ins were refused.`),
    show: "Show the newest connections",
  },

  confirmation: {
    password: "Your password",
    passwordHint: "You last gave it more than 5 minutes ago.",
    wrong: "This is not your password. Check it and try again.",
    lost: "There was no answer. Check your network, then try again.",
    back: "Back to the history",
    since: (time: Child, zone: string): Child => ["Since ", time, ` (${zone})`],
    isCurrent: "This is the connection that you are using",
  },

  closing: {
    titleAll: "Close open connections",
    titleOne: (device: string) => `Close the connection of ${device}`,
    nothingTitle: "Nothing else is open",
    nothing: "This connection is the only open one, so there is nothing to close.",
    askAll: (connections: number) => `Close ${count(connections, "open connection", "open connections")}?`,
    all: (connections: number) => pick(connections, "Close it", `Close all ${number(connections)}`),
    more: (connections: number) => `And ${count(connections, "more connection", "more connections")}.`,
    signInAgain: (connections: number) =>
      `${pick(connections, "It has", "They have")} to sign in again with your password.`,
    staysIn: "This browser stays signed in.",
    signOutInstead: "To end it, sign out.",
    closedTitle: "This connection is closed already",
    ended: (time: Child, zone: string): Child => ["It ended on ", time, ` (${zone}). There is nothing left to close.`],
    askOne: "Close this connection?",
    one: "Close it",
    cancel: "Cancel",
    nothingWasOpen: "Nothing was open: the other connections were already closed.",
    allClosed: (connections: number, named: string) =>
      `${count(connections, "open connection was closed", "open connections were closed")}${named}.`,
    nothingClosed: "Nothing was closed: this connection was closed already.",
    oneClosed: (named: string) => `The connection was closed${named}.`,
    undo: (connections: number) =>
      `This can't be undone: if ${
        pick(connections, "it", "one of them")
      } was yours, sign in there again. You are still signed in here.`,
    named: (named: string[], more: number) => `: ${named.join(", ")}${more > 0 ? ` and ${number(more)} more` : ""}`,
  },

  answers: {
    pageTitle: (device: string) => `Was this you? ${device}`,
    current: "It can't speak for itself: whoever opened it would say that it is you. Answer from another connection.",
    nothingTitle: "Nothing is unusual here",
    answeredTitle: "You have answered already",
    answered: { me: "You said that this was you.", not_me: "You said that this was not you." },
    title: "Was this you?",
    later: "Answer later",
    notMe: "Not me",
    me: "This was me",
    thisNetwork: "this network",
    meMeans: (known: string[]) =>
      known.length === 0
        ? "It is not unusual any more."
        : `Known from now on, and not unusual any more: ${known.join(", ")}.`,
    notMeMeans:
      "Every other connection is closed at once, and you choose a new password. This browser stays signed in.",
    reasons: {
      new_country: (country: string) => `It was the first connection to your account from this country: ${country}.`,
      new_network_and_device: () => "Both its network and its device were new to your account.",
      after_refusals: () =>
        "It came right after refused sign-ins: somebody may have tried passwords until one was right.",
    },
    chooseOne: "Choose one of the two answers.",
    nothingChanged: "Nothing was changed: this connection has its answer already.",
    recognized: (connections: number) =>
      `${
        pick(
          connections,
          "The connection is marked as yours",
          `${number(connections)} connections of the same kind are marked as yours`,
        )
      }. What comes from there on that device is not unusual any more.`,
    chooseNew: "Somebody else may know your password, so choose a new one now.",
  },

  password: {
    title: "Password",
    lead: "A new password also closes every other connection to your account. This browser stays signed in.",
    current: "Current password",
    new: "New password",
    newHint: (shortest: number) => `At least ${shortest} characters, of any kind. A password manager makes a good one.`,
    again: "New password again",
    submit: "Change password",
    changed: "Your password was changed.",
    noOther: "No other connection was open.",
    othersClosed: (connections: number) =>
      `${count(connections, "other connection was closed", "other connections were closed")}.`,
    wrong: "This is not your current password. Check it and try again.",
    notChanged: "Nothing was changed: the password or this connection changed at the same moment.",
    same: "This is your current password. Choose another one.",
    different: "This is not the same as the new password above.",
    problems: {
      too_short: (shortest: number) =>
        `Use at least ${shortest} characters. A few words that belong together only for you are easy to keep.`,
      too_long: () => "This is longer than a password here can be. Use fewer characters.",
      email: () => "Choose a password that isn't your e-mail address.",
      common: () => "This password is among the first that attackers try. Choose another one.",
    },
  },

  preferences: {
    title: "Preferences",
    lead: "They go with your account, in every browser where you sign in.",
    zone: "Time zone",
    zoneHint: "Type a city, and choose from the list. If this is empty, the next sign-in sets it.",
    browserZone: "Use this browser's:",
    language: "Language",
    asInBrowser: "As in the browser",
    theme: "Theme",
    asInSystem: "As in the system",
    themes: { light: "Light", dark: "Dark" },
    submit: "Save preferences",
    saved: "Your preferences were saved.",
    noZone: "There is no time zone of this name. Choose one from the list, like Europe/Madrid.",
    noLanguage: "Choose one of these languages.",
    noTheme: "Choose one of these themes.",
  },

  /** What is wrong with what was typed. */
  typed: {
    email: "Type your e-mail address.",
    emailTooLong: "This is too long for an e-mail address.",
    password: "Type your password.",
    currentPassword: "Type your current password.",
    newPassword: "Type a new password.",
    newPasswordAgain: "Type the new password once more.",
    passwordTooLong: "No password here is that long.",
  },

  /** Why a password was not looked at. */
  refused: {
    limited: (wait: string) => `There were too many tries. Wait ${wait}, then try again.`,
    locked: (wait: string) =>
      `There were too many wrong passwords in a row, so none is taken for a while. Wait ${wait}, or ask the operator to set a new password.`,
    busy: "Many passwords are being checked right now. Please try again in a few seconds.",
  },

  errors: {
    home: "Go to the connection history",
    notFound: { title: "Nothing is here", text: "This page or connection doesn't exist, or it isn't yours." },
    unreadable: { title: "This can't be read", text: "Go back, and try again." },
    unavailable: {
      title: "Not available right now",
      text: "The database gives no answer. Please try again in a few seconds.",
    },
    crash: (request: string) => ({
      title: "Something went wrong here",
      text: `It is not your fault. If it happens again, tell the operator this number: ${request}`,
    }),
    otherHost: (origin: string) => ({ title: "Wrong address", text: `This server answers at ${origin} only.` }),
    method: { title: "Not possible here", text: "This address can't be used in that way." },
    longAddress: { title: "This address is too long", text: "Shorten it, or begin again without a filter." },
    largeForm: {
      title: "This form is too large",
      text: "It may have 16\u00a0KB at most. Shorten what you typed and try again.",
    },
    slowForm: { title: "The form did not arrive", text: "The connection was too slow. Please try again." },
    noForm: { title: "This is not a form", text: "Send application/x-www-form-urlencoded, as the forms here do." },
    otherOrigin: (origin: string) => ({
      title: "This form came from somewhere else",
      text: `For your safety, only forms of ${origin} are accepted. Go there and try again.`,
    }),
    notDone: "Not done",
    noCookie: "Your browser sent no cookie back. Allow cookies for this site, then try again.",
    oldForm: "This page was open for too long, or in another session. Nothing was done: please try again.",
  },
};
