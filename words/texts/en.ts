import type { Child } from "hono/jsx";
import { countingIn } from "../counts.ts";

const { count, list, number, pick } = countingIn("en");

/** Wraps a part of a sentence in an element. */
export type Wrap = (part: string) => Child;

/** Where a connection was used that made it unusual, by name; null if that isn't known. */
export type Moved = Record<"country" | "device", string | null>;

/** The texts of one language, as the option `languages` takes them. */
export type Wording = typeof en;

/** By page, in the order of the page. A sentence that contains an element takes a function or the element as its parameter. */
export const en = {
  brand: "Control panel",

  layout: {
    skip: "Skip to the content",
    lost: "There was no answer. Check your network, then try again.",
    dismiss: "Dismiss",
    menu: "User management",
    area: "User and security",
    signOut: "Sign out",
    attribution: (link: Child): Child => [
      "This product includes GeoLite2 data created by MaxMind, available from ",
      link,
      ".",
    ],
  },

  time: {
    justNow: "just now",
    lessThanMinute: "less\u00a0than\u00a0a\u00a0minute",
    minutes: (minutes: number): string => count(minutes, "minute", "minutes"),
    hours: (hours: number): string => count(hours, "hour", "hours"),
  },

  /** `alone`: without a column heading. */
  place: {
    private: "Private network",
    unknown: "Unknown",
    unknownIp: "Unknown address",
    alone: { country: "Unknown country", ip: "unknown address" },
  },
  device: { unknown: "Unknown device", on: (browser: string, system: string) => `${browser} on ${system}` },
  states: { open: "Open", closed: "Closed", refused: "Refused", unusual: "Unusual", unreviewed: "To review" },

  field: { showPassword: "Show password", hidePassword: "Hide password" },

  signIn: {
    title: "Sign in",
    noUsers: (
      command: Child,
    ): Child => ["There is no account yet. The administrator adds the first one with ", command],
    email: "Email address",
    password: "Password",
    submit: "Sign in",
    forgotten: "Forgot your password? Ask the administrator of this control panel to set a new one.",
    forgottenLink: "Forgot your password?",
    wrong: "The email address or the password is wrong. Check both and try again.",
    ended: {
      signed_out: (when: string): string => `You signed out on ${when}.`,
      closed: (when: string): string =>
        `This connection was closed from another one on ${when}. Sign in to open a new one.`,
      expired: (when: string): string => `This connection expired on ${when}. Sign in to open a new one.`,
      password_changed: (when: string): string =>
        `This connection was closed on ${when}, when the password was changed. Sign in with the new one.`,
      closed_by_operator: (when: string): string =>
        `The administrator closed this connection on ${when}. Sign in to open a new one.`,
      replaced: (when: string): string =>
        `This connection was closed on ${when}: the account had too many open ones, and it was the oldest.`,
      too_many_attempts: (when: string): string =>
        `This connection was closed on ${when}, after too many wrong passwords. Sign in to open a new one.`,
      password_set: (when: string): string =>
        `The password was set with a one-time link on ${when}. Sign in with the new one.`,
      renewed: (when: string): string =>
        `You entered your password on ${when}, but the answer didn't reach this browser. Please sign in again.`,
    },
  },

  ticket: {
    title: "Continue?",
    heading: (email: string): string => `Continue as ${email}?`,
    text: "Another site sent you here. Continue only if this account is yours.",
    submit: "Continue",
  },

  signOut: {
    title: "Sign out?",
    text: (email: Child): Child => ["You are signed in as ", email, "."],
  },

  history: {
    title: "Connection history",
    nobodyElse: "Nobody else has signed in to your account.",
    onlyThis: "This is the only open connection.",
    open: (connections: number, strong: Wrap): Child => [
      strong(`${number(connections)} connections are open`),
      " now, including this one.",
    ],
    unreviewed: (connections: number): string =>
      `${count(connections, "unusual connection needs", "unusual connections need")} your review.`,
    review: "Review",
    passwordDue: "You said that somebody else was in your account. Choose a new password.",
    download: "Download CSV",
    forSpreadsheets: "For spreadsheets",
    /** For screen readers. */
    downloadForSpreadsheets: "Download for spreadsheets",
    rows: (rows: number): string => count(rows, "row", "rows"),
    moreThanRows: (rows: number): string => `more than ${count(rows, "row", "rows")}`,
    results: (rows: number): string => count(rows, "result", "results"),
    moreThanResults: (rows: number): string => `more than ${count(rows, "result", "results")}`,
    soFar: (rows: string): string => `${rows} so far`,
    closeAll: "Close open connections",
    noOther: "No other connection is open",
    leftOut: (problems: string[], fields: number): string =>
      `${problems.join(". ")}. ${pick(fields, "It was", "They were")} left out.`,
    openNow: "Open now",
    earlier: "Earlier",
    allOpen: (connections: number | null): string =>
      connections === null ? "All open connections" : `All ${number(connections)} open connections`,
    caption: "Connections to your account",
    date: "Date",
    ip: "IP address",
    country: "Country",
    device: "Device",
    state: "State",
    zone: (zone: string): string => `Times in ${zone}`,
    searched: (rows: number): string => `Searched ${count(rows, "row", "rows")}.`,
    older: "Older connections",
    keepSearching: "Keep searching",
    noOlder: "There is nothing older.",
  },

  row: {
    current: "This connection",
    times: (ago: string, lastSeen: string): string => `${ago}\u00a0· last seen ${lastSeen}`,
    timesRefused: (ago: string, lastAttempt: string): string => `${ago}\u00a0· last attempt ${lastAttempt}`,
    reasons: {
      signed_out: "Signed out",
      closed: "Closed from another connection",
      expired: "Expired",
      password_changed: "Closed by a password change",
      closed_by_operator: "Closed by the administrator",
      replaced: "Closed: too many open",
      too_many_attempts: "Closed after too many wrong passwords",
      password_set: "Password set with a one-time link",
      wrong_password: "Wrong password",
      wrong_confirmation: "Wrong password while signed in",
      wrong_code: "Wrong code",
      wrong_passkey: "Wrong passkey",
      too_many_tries: "Too many attempts",
      locked: "Locked for 24 hours",
    },
    closedHere: "Closed from this browser",
    closedFrom: (device: string): string => `Closed from ${device}`,
    lasted: (duration: string): string => `open\u00a0for\u00a0${duration}`,
    refused: (reason: string, attempts: number, addresses: number): string =>
      `${reason} (${number(attempts)}${addresses > 1 ? ` from ${number(addresses)} addresses` : ""})`,
    unusual: {
      new_country: (country: string): string => `New country: ${country}`,
      new_network_and_device: (): string => "New network and device",
      after_refusals: (): string => "After refused sign-ins",
      moved_country: (_: string, { country }: Moved): string =>
        `Used from a new country${country ? `: ${country}` : ""}`,
      moved_device: (_: string, { device }: Moved): string => `Used on another device${device ? `: ${device}` : ""}`,
      wrong_confirmations: (): string => "Too many wrong passwords",
      recovery_code: (): string => "Opened with a recovery code",
      passkey_copied: (): string => "A copied passkey",
    },
    verdict: { me: "You said: this was me", not_me: "You said: not me" },
    close: "Close",
    closeWhich: (device: string, ip: string, time: string): string => `the connection from ${device}, ${ip}, ${time}`,
    wasThisYou: "Was this you?",
    last: (place: Child): Child => ["last: ", place],
    lastOf: (addresses: number): string => `last of ${number(addresses)} addresses`,
  },

  chart: {
    show: "Day by day",
    skip: "Skip the chart",
    today: "today",
    last: (days: number): string => `In the last ${number(days)} days: `,
    lastOfAll: (days: number): string => `Whole account, last ${number(days)} days: `,
    nothing: "nothing",
    opened: (connections: number): string => `${number(connections)} opened`,
    connections: (connections: number): string => count(connections, "connection", "connections"),
    moreThanConnections: (connections: number): string =>
      `more than ${count(connections, "connection", "connections")}`,
    newestDrawn: (connections: number): string => `the newest ${number(connections)} are shown`,
    perDay: (max: number): string => `up to ${number(max)} a day`,
    refusedSignIns: (attempts: number): string => count(attempts, "refused sign-in", "refused sign-ins"),
    refused: (attempts: number): string => `${number(attempts)} refused`,
    unusual: (connections: number): string => `${number(connections)} unusual`,
    notCounted: "not counted",
  },

  filters: {
    name: "Filter connections",
    submit: "Filter",
    active: (filters: number): string => `${number(filters)} active`,
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
    repeated: (field: string): string => `"${field}" came more than once`,
    soFarTitle: "Nothing so far",
    soFar: "There is more of your history to search.",
    beginningTitle: "Nothing older",
    beginning: "This is where your account's history begins.",
    newest: "Go to the newest connections",
    emptyTitle: "No results",
    emptyOne: "No connection matches this filter.",
    emptyAll: "No connection matches all filters. Remove one:",
    without: (filter: string): string => `Without "${filter}"`,
    showAllConnections: "Show all connections",
  },

  live: {
    /** `{time}` is replaced in the browser. */
    stale: "This page hasn't been updated since {time}.",
    /** What a screen reader announces once something changed. */
    status: (open: number, unreviewed: number, refused: number, days: number): string =>
      [
        pick(open, "1 connection is open.", `${number(open)} connections are open.`),
        unreviewed > 0 &&
        pick(
          unreviewed,
          "1 unusual connection needs your review.",
          `${number(unreviewed)} unusual connections need your review.`,
        ),
        refused > 0 && `${count(refused, "refused sign-in", "refused sign-ins")} in the last ${number(days)} days.`,
      ].filter(Boolean).join(" "),
    pause: "Pause live updates",
    changed: "The history has changed.",
    show: "Show the newest connections",
  },

  confirmation: {
    password: "Your password",
    passwordOld: "For your security, enter it again: it has been more than 5 minutes.",
    passwordRequired: "For your security, enter it again.",
    wrong: "This isn't your password. Check it and try again.",
    proveElsewhere: "For your security, confirm again that it's you:",
    signInAgain: "Sign in again",
    signInFirst: "Nothing was done. Sign in again first.",
    notConfirmed: "Nothing was done. First confirm that it's you.",
    back: "Back to the history",
    since: (time: Child, zone: string): Child => ["Since ", time, ` (${zone})`],
    isCurrent: "This is the connection that you are using",
  },

  closing: {
    titleAll: "Close open connections",
    titleOne: (device: string): string => `Close the connection from ${device}`,
    nothingTitle: "Nothing else is open",
    nothing: "This connection is the only open one, so there is nothing to close.",
    askAll: (connections: number): string => `Close ${count(connections, "open connection", "open connections")}?`,
    all: (connections: number): string => pick(connections, "Close it", `Close all ${number(connections)}`),
    more: (connections: number): string => `And ${count(connections, "more connection", "more connections")}.`,
    signInAgain: (connections: number, hasPassword: boolean): string =>
      `${pick(connections, "It", "They")} will have to sign in again${hasPassword ? " with your password" : ""}.`,
    cannotUndo: "This can't be undone.",
    staysIn: "This browser stays signed in.",
    signOutInstead: "To end it, sign out.",
    closedTitle: "This connection is already closed",
    ended: (time: Child, zone: string): Child => ["It ended on ", time, ` (${zone}). There is nothing left to close.`],
    askOne: "Close this connection?",
    one: "Close it",
    cancel: "Cancel",
    nothingWasOpen: "Nothing was open: the other connections were already closed.",
    allClosed: (connections: number, named: string): string =>
      `${count(connections, "open connection was closed", "open connections were closed")}${named}.`,
    nothingClosed: "Nothing was closed: this connection was already closed.",
    oneClosed: (named: string): string => `The connection was closed${named}.`,
    undo: (connections: number): string =>
      `This can't be undone: if ${
        pick(connections, "it", "one of them")
      } was yours, sign in there again. You are still signed in here.`,
    notYours: "If it wasn't yours, change your password.",
    named: (named: string[], more: number): string =>
      `: ${named.join(", ")}${more > 0 ? ` and ${number(more)} more` : ""}`,
  },

  review: {
    pageTitle: (device: string): string => `Was this you? ${device}`,
    current: "You are using this connection. Enter your password to confirm that it is yours; otherwise sign out.",
    nothingTitle: "Nothing is unusual here",
    reviewed: {
      me: "You said that this was you. If it wasn't, say so now.",
      not_me: "You said that this wasn't you. If it was, enter your password and say so.",
    },
    title: "Was this you?",
    later: "Decide later",
    notMe: "Not me",
    me: "This was me",
    networks: (networks: number): string => pick(networks, "this network", "these networks"),
    meMeans: (known: string[]): string =>
      known.length === 0
        ? "It will no longer be marked as unusual."
        : `From now on we'll recognise ${list(known)}, and no longer mark this as unusual.`,
    notMeMeans: (hasPassword: boolean): string =>
      `Every other connection is closed at once${
        hasPassword ? ", and you choose a new password" : ""
      }. This browser stays signed in.`,
    reasons: {
      new_country: (country: string): string =>
        `It was the first connection to your account from this country: ${country}.`,
      new_network_and_device: (): string => "Both its network and its device were new to your account.",
      after_refusals: (): string =>
        "It came right after refused sign-ins: somebody may have tried passwords until one was right.",
      moved_country: (_: string, { country }: Moved): string =>
        `It was used from a country that was new to your account${
          country ? ` (${country})` : ""
        }: its cookie may have been stolen.`,
      moved_device: (_: string, { device }: Moved): string =>
        `It was used on a different device from the one that opened it${
          device ? ` (${device})` : ""
        }: its cookie may have been stolen.`,
      wrong_confirmations: (): string => "Ten wrong passwords in a row were entered over it, so it was closed.",
      recovery_code: (): string => "It was opened with a recovery code in place of the usual second step.",
      passkey_copied: (): string =>
        "Its passkey counted backwards, as a copy of it would: somebody may have cloned it.",
    },
    chooseOne: "Choose one of the two.",
    movedMeanwhile: "This connection was used from another place since you opened this page. Have a look, then decide.",
    nothingChanged: "Nothing was changed: you have already reviewed this connection.",
    recognized: (connections: number): string =>
      `${
        pick(
          connections,
          "The connection is marked as yours",
          `${number(connections)} connections of the same kind are marked as yours`,
        )
      }. Connections from there on that device will no longer be marked as unusual.`,
    chooseNew: "Somebody else may know your password, so choose a new one now.",
    changeElsewhere: "Somebody else may be able to sign in as you. If you sign in with a password, change it now.",
  },

  details: {
    title: (device: string): string => `Connection from ${device}`,
    opened: "Opened",
    lastSeen: "Last seen",
    ended: "Closed",
    signedIn: "Signed in with",
    verdict: "Your review",
    close: "Close this connection",
    noVerdict: "Not reviewed yet",
    closer: "Closed from",
    wrongPasswords: "Wrong passwords",
    placesTitle: "Where it was used",
    between: (first: Child, last: Child): Child => [first, " – ", last],
    noBrowser: "It sent no User-Agent.",
  },

  /** The columns of the file for people, in their order. */
  spreadsheet: {
    opened: "Opened",
    lastSeen: "Last seen",
    closed: "Closed",
    state: "State",
    ended: "How it ended",
    ip: "IP address",
    country: "Country",
    device: "Device",
    userAgent: "User-Agent",
    attempts: "Attempts",
    unusual: "Unusual",
    verdict: "Your review",
    closedFrom: "Closed from",
    addresses: "Addresses",
    lastIp: "Last IP address",
    lastCountry: "Last country",
    method: "Signed in with",
  },

  password: {
    title: "Password",
    lead: "Changing your password also closes every other connection to your account. This browser stays signed in.",
    current: "Current password",
    new: "New password",
    newHint: (shortest: number): string =>
      `At least ${shortest} characters, of any kind. A password manager makes a good one.`,
    again: "New password again",
    submit: "Change password",
    changed: "Your password was changed.",
    noOther: "No other connection was open.",
    othersClosed: (connections: number): string =>
      `${count(connections, "other connection was closed", "other connections were closed")}.`,
    wrong: "This isn't your current password. Check it and try again.",
    notChanged: "Nothing was changed: the password or this connection changed at the same moment.",
    same: "This is your current password. Choose another one.",
    different: "The passwords don't match.",
    problems: {
      too_short: (shortest: number): string =>
        `Use at least ${shortest} characters. A few words that only you would combine are easy to remember.`,
      too_long: (): string => "This is too long. Use fewer characters.",
      email: (): string => "Choose a password that isn't based on your email address.",
      site: (): string => "Choose a password that isn't based on the name of this site.",
      common: (): string => "This password is among the first that attackers try. Choose another one.",
    },
  },

  forgotten: {
    title: "Forgotten password",
    lead: "Type your email address. If there is an account for it, we'll send you a link to set a new password.",
    submit: "Send the link",
    sentTitle: "Check your email",
    sent: "If there is an account with this address, an email is on its way. Its link works once, for 30 minutes.",
    noMail:
      "No email after a few minutes? Look in your spam folder, and check the address. We send only a few an hour, so use the newest.",
    again: "Ask for another link",
    back: "Back to sign-in",
  },

  link: {
    title: "Set your password",
    lead: (email: Child): Child => ["For the account ", email, ". This link works once."],
    forgottenMeans: "Every connection to your account will be closed. If you have a second step, it stays.",
    submit: "Set password",
    done: "Your password was set. Sign in with it.",
    emailTitle: "Confirm this address",
    emailLead: (email: Child): Child => ["Use ", email, " for your account? From then on, you sign in with it."],
    useEmail: "Use this address",
    notAsked: "If you didn't ask for this, just close the page: nothing changes.",
    emailChanged: "Your email address was changed. Sign in with the new one from now on.",
    taken: (email: string): string => `Another account uses ${email} now, so nothing was changed.`,
    emailTaken: "Choose another address, or ask the administrator of this control panel.",
    undoTitle: "Undo the change of address",
    undoLead: (email: Child): Child => ["Your account goes back to ", email, ", with a new password."],
    undoMeans:
      "Every connection to it will be closed, and the sign-in methods that were added since the change will be removed.",
    undo: "Undo and set password",
    undone: "Your address is back and your password was set. Sign in, then check your sign-in methods.",
    undoTaken:
      "Ask the administrator of this control panel now: they can close the connections to your account and give it another address.",
  },

  email: {
    title: "Email address",
    lead: "You sign in with this address, and we write to it.",
    current: (email: Child): Child => ["Your address is ", email, "."],
    new: "New email address",
    newHint:
      "We'll send a link to it. Your address changes once you open the link and confirm, and we'll notify the old one.",
    submit: "Send the link",
    pending: (email: Child): Child => [
      "Waiting for you to confirm ",
      email,
      ". The link that we sent there works for 24 hours.",
    ],
    noMail: "No email? Look in your spam folder. An address that another account uses gets none.",
    again: "Send again",
    cancel: "Cancel the change",
    same: "This is already your address. Type another one.",
    requested: "An email is on its way to the new address. Open its link to confirm.",
    cancelled: "The change was cancelled. Your address stays the same.",
    change: "Change email address",
  },

  code: {
    title: "Confirm that it's you",
    lead: "Enter the six digits that your authenticator app shows now, or one of your recovery codes.",
    leadPasskey: "This account also asks for a passkey or a recovery code.",
    code: "Code",
    submit: "Continue",
    startOver: "Start over",
    wrong: "This code is wrong, or it was used already. Wait for the next one and try again.",
    over: "There were too many wrong codes, or it took too long. Please sign in again.",
  },

  passkey: {
    signIn: "Sign in with a passkey",
    use: "Use a passkey",
    done: "The passkey was accepted. Now choose.",
    failed: "No passkey was used. Try again, or do it without one.",
    failedNew: "No passkey was made. Try again.",
    known: "This passkey was added before.",
    unsupported: "This browser has no passkeys for this address. Try another browser or device.",
    late: "This page was open for too long. Please try again.",
    wrong: "This passkey wasn't accepted. Try again, or do it without one.",
  },

  methods: {
    title: "Sign-in methods",
    lead: "What opens your account. A second step keeps out whoever knows only your password.",
    added: (when: Child): Child => ["Added ", when],
    lastUsed: (when: Child): Child => ["last used ", when],
    neverUsed: "not used yet",
    password: "Password",
    passwordText: "Every sign-in with it is in your connection history.",
    changePassword: "Change password",
    authenticator: "Authenticator app",
    authenticatorText: "An app on your phone shows a new six-digit code every 30 seconds.",
    addAuthenticator: "Add an authenticator app",
    replace: "Set up another one",
    remove: "Remove",
    noKey: "It can't be added here at the moment. Ask the administrator of this control panel.",
    passkeys: "Passkeys",
    passkeysText: "Your fingerprint, face or PIN opens the account, and the password alone no longer does.",
    addPasskey: "Add a passkey",
    addPasskeyText: "Your browser asks where to keep it: on this device, on your phone, or on a security key.",
    noPasskeys: "They can't be added at this address. Ask the administrator of this control panel.",
    needsScript: "Adding a passkey needs JavaScript.",
    synced: "Synced",
    rename: "Rename",
    whichPasskey: (name: string): string => `the passkey ${name}`,
    passkeyName: "Name",
    passkeyNameHint: "By which you recognise it, such as the device it is on.",
    renameTitle: "Rename the passkey",
    removePasskeyTitle: "Remove this passkey?",
    removePasskeyText: "It will no longer open your account. Delete it on your device too.",
    tooManyPasskeys: "You have 20 passkeys, which is the most there can be. Remove one first.",
    passkeyAdded: "The passkey was added. Make recovery codes too, in case you lose it.",
    passkeyRenamed: "The passkey was renamed.",
    passkeyRemoved: "The passkey was removed.",
    recoveryCodes: "Recovery codes",
    recoveryText: "Each opens your account once, with your password, when you have nothing else at hand.",
    left: (codes: number): string => `${number(codes)} left`,
    made: (when: Child): Child => ["made ", when],
    noCodes: "You have none. Without them, a lost phone means asking the administrator.",
    makeCodes: "Make recovery codes",
    renewCodes: "Make new ones",
    browsers: "Known browsers",
    browsersText: "Browsers that signed in before. Strangers' wrong passwords can't shut you out of them.",
    noBrowsers: "There is none.",
    unknownBrowser: "A browser",
    thisBrowser: "This browser",
    firstUsed: (when: Child): Child => ["Since ", when],
    forget: "Forget",
    forgetWhich: (device: string): string => `the browser ${device}`,
    forgetAll: "Forget all",
    scan: "Scan this picture with your authenticator app.",
    picture: "QR code for your authenticator app",
    orType: "Or type this key into the app:",
    firstCode: "Code from the app",
    firstCodeHint: "The six digits that it shows for this account.",
    turnOn: "Turn on",
    wrongCode: "This code is wrong. Check that the clock of your phone is right, then try the next one.",
    late: "This page was open for too long, so here is a new picture. Scan it again.",
    closeOthers: "Close all other connections",
    closeOthersHint: "Whoever else is in your account has to sign in again.",
    removeTitle: "Remove the authenticator app?",
    removeLast: "From then on your password alone opens the account.",
    removeNotLast: "Your passkeys stay.",
    removeRequired: "This control panel requires a second step. Add another method first.",
    recoveryTitle: "Make ten recovery codes?",
    recoveryReplaces: "The ones that you have now will stop working.",
    make: "Make codes",
    codesTitle: "Your recovery codes",
    codesLead: "Print them, or keep them in a password manager. They are shown only now, and each works once.",
    codesSaved: "I have kept them",
    forgetTitle: "Forget this browser?",
    forgetAllTitle: "Forget all browsers?",
    forgetText: "It stays signed in, but its next sign-in counts as one from a new browser.",
    forgetAllText: "They stay signed in, but their next sign-ins count as ones from new browsers.",
    back: "Back to the sign-in methods",
    authenticatorOn: "The authenticator app is on. Make recovery codes too, in case you lose your phone.",
    authenticatorOff: "The authenticator app was removed.",
    browserForgotten: "Done. The next sign-in from there counts as one from a new browser.",
    required: "This control panel requires a second step. Add one to go on.",
    names: {
      "password": "Password",
      "password+code": "Password and authenticator app",
      "password+recovery": "Password and recovery code",
      "passkey": "Passkey",
      "link": "One-time link",
      "host": "The control panel's own sign-in",
    },
    passkeyNamed: (name: string): string => `Passkey "${name}"`,
  },

  preferences: {
    title: "Preferences",
    lead: "These settings apply in every browser you sign in from.",
    zone: "Time zone",
    zoneHint: "Choose a city with the same time as yours.",
    detectZone: "Detect it when I next sign in",
    regions: {
      Africa: "Africa",
      America: "America",
      Antarctica: "Antarctica",
      Arctic: "Arctic",
      Asia: "Asia",
      Atlantic: "Atlantic",
      Australia: "Australia",
      Europe: "Europe",
      Indian: "Indian Ocean",
      Pacific: "Pacific",
    },
    browserZone: "Use this browser's time zone:",
    language: "Language",
    asInBrowser: "Same as browser",
    theme: "Theme",
    asInSystem: "Same as system",
    themes: { light: "Light", dark: "Dark" },
    mailPlaces: "Email about new places",
    mailPlacesHint:
      "When your account is used from a new country, network or device. Other security emails can't be switched off.",
    submit: "Save preferences",
    saved: "Your preferences were saved.",
  },

  /** `lead` says what happened; `advice` comes right before the link. */
  mail: {
    subject: (brand: string, subject: string): string => `${brand}: ${subject}`,
    account: "Account",
    when: "When",
    why: "Why",
    method: "Method",
    device: "Device",
    country: "Country",
    ip: "IP address",
    unusual: {
      subject: "unusual connection to your account",
      lead: "There was an unusual connection to your account.",
      advice:
        'If it was you, there is nothing to do. If it wasn\'t, open this page, answer "Not me" and choose a new password:',
    },
    moved: {
      subject: "your account was used from a new place",
      lead: "A browser that is signed in to your account was used from a new place.",
      advice:
        'If it was you, there is nothing to do. If it wasn\'t, open this page, answer "Not me" and choose a new password:',
    },
    too_many_attempts: {
      subject: "a connection was closed after wrong passwords",
      lead: "Ten wrong passwords in a row were entered over a connection to your account, so it was closed.",
      advice: 'If it wasn\'t you, open this page, answer "Not me" and choose a new password:',
    },
    locked: {
      subject: "too many failed sign-ins to your account",
      lead:
        "There were too many failed attempts to sign in to your account. For 24 hours, only known browsers and networks can sign in.",
      advice: "Nobody got in. See the attempts here:",
    },
    password_changed: {
      subject: "your password was changed",
      lead: "The password of your account was changed.",
      byAdministrator: "The administrator set the password of your account, or it was set with their link.",
      advice:
        "If you didn't expect this, ask for a new password on the sign-in page, and tell the administrator. See what happened in your account:",
    },
    password_recovered: {
      subject: "your password was set with a link",
      lead:
        "Somebody set a new password for your account with a link that was sent to this address. Every connection was closed.",
      advice:
        "If it wasn't you, somebody else may be reading your email: ask the administrator for help at once. See what happened in your account:",
    },
    method_added: {
      subject: "a sign-in method was added",
      lead: "A way to sign in was added to your account.",
      advice: "If it wasn't you, remove it, and choose a new password. See what happened in your account:",
    },
    method_removed: {
      subject: "a sign-in method was removed",
      lead: "A way to sign in was removed from your account.",
      byAdministrator: "The administrator removed all ways to sign in to your account except the password.",
      advice: "If it wasn't you, choose a new password. See what happened in your account:",
    },
    methods: {
      authenticator: "Authenticator app",
      passkey: "Passkey",
      recovery_codes: "Recovery codes",
    },
    forgotten: {
      subject: "set a new password",
      lead: "Somebody, probably you, asked for a new password for this account.",
      advice: "Set it with this link, which works once, for 30 minutes:",
      ignore: "If it wasn't you, there is nothing to do: your password hasn't changed.",
    },
    email_requested: {
      subject: "confirm your email address",
      lead: "Somebody wants to use this address for their account.",
      advice: "If it is you, confirm it with this link, which works once, for 24 hours:",
      ignore: "If it isn't you, there is nothing to do: the address won't be used.",
    },
    email_changed: {
      subject: "the email address of your account was changed",
      lead: "The account that used this address now has another one, and its email goes there.",
      byAdministrator: "The administrator gave the account that used this address another one.",
      takenBack:
        "The account that used this address has its former one again: the link that we sent there was used. Every connection was closed. If it wasn't you, somebody else may be reading the email of the former address: ask the administrator for help at once.",
      advice:
        "If it wasn't you, take the address back with this link, which works for 7 days. It closes every connection and asks for a new password:",
      ignore: "If it was you, there is nothing to do.",
    },
    summary: {
      subject: (events: number): string => `${count(events, "more event", "more events")} in your account`,
      lead: "So much happened in your account that this email only has the counts:",
      advice: "See all of it here:",
    },
    counted: {
      unusual: (events: number): string => `Unusual connections: ${number(events)}`,
      moved: (events: number): string => `Uses from new places: ${number(events)}`,
      too_many_attempts: (events: number): string => `Connections closed after wrong passwords: ${number(events)}`,
      locked: (events: number): string => `Locks after failed sign-ins: ${number(events)}`,
      password_changed: (events: number): string => `Password changes: ${number(events)}`,
      password_recovered: (events: number): string => `Passwords set with a link: ${number(events)}`,
      method_added: (events: number): string => `Sign-in methods added: ${number(events)}`,
      method_removed: (events: number): string => `Sign-in methods removed: ${number(events)}`,
    },
    reason: {
      places:
        "You get this because you have an account. You can switch off emails about new places in your preferences.",
      always: "You get this because you have an account. Security emails can't be switched off.",
    },
  },

  /** What is wrong with a field: the messages of the schemas are these keys. */
  problems: {
    noEmail: "Type your email address.",
    emailTooLong: "This is too long for an email address.",
    badEmail: "This isn't an email address. It should look like you@example.com.",
    noPassword: "Type your password.",
    noCode: "Type the code.",
    badCode: "This is too long for a code.",
    noName: "Type a name.",
    nameTooLong: "This name is too long.",
    noCurrentPassword: "Type your current password.",
    noNewPassword: "Type a new password.",
    noNewPasswordAgain: "Type the new password once more.",
    passwordTooLong: "This password is too long.",
    badTimeZone: "There is no time zone with this name. Choose one from the list, like Europe/Madrid.",
    badLanguage: "Choose one of these languages.",
    badTheme: "Choose one of these themes.",
    badState: '"State" must be open, closed, refused, unusual or unreviewed',
    badCountry: '"Country" must be a country\'s two letters, private or none',
    badFrom: '"From" must be a day like 2026-11-23',
    badTo: '"To" must be a day like 2026-11-23',
    badOrder: 'The day in "From" is after the day in "To"',
    badIp: '"IP address" must be an address, how one begins (81.40.12), or a range like 81.40.12.0/24',
    badFor: '"for" must be spreadsheet, or left out',
    badCursor: "The link to older connections was damaged, so these are the newest ones",
  },

  /** Why a password wasn't checked. */
  refused: {
    limited: (wait: string): string => `Too many attempts. Wait ${wait}, then try again.`,
    locked: (wait: string): string =>
      `There were too many failed attempts in a row, so the account is locked for a while. Wait ${wait}, or ask the administrator to set a new password.`,
    lockedWithMail: (wait: string) =>
      `There were too many failed attempts in a row, so the account is locked for a while. Wait ${wait}, or set a new password with "Forgot your password?".`,
    busy: "Many passwords are being checked right now. Please try again in a few seconds.",
  },

  errors: {
    home: "Go to the connection history",
    notFound: { title: "Page not found", text: "This page or connection doesn't exist, or it isn't yours." },
    usedLink: {
      title: "This link no longer works",
      text: "It was used already, or it is too old. Ask the administrator of this control panel for a new one.",
    },
    usedMailedLink: {
      title: "This link no longer works",
      text: 'It was used already, or it is too old. Sign in, or ask for a new link with "Forgot your password?".',
    },
    unreadable: { title: "We couldn't read this request", text: "Go back and try again." },
    unavailable: {
      title: "Not available right now",
      text: "The service isn't responding. Please try again in a few seconds.",
    },
    crash: (request: string): { title: string; text: string } => ({
      title: "Something went wrong",
      text: `It isn't your fault. If it happens again, tell the administrator this number: ${request}`,
    }),
    otherHost: (origin: string): { title: string; text: string } => ({
      title: "Wrong address",
      text: `This site's address is ${origin}.`,
    }),
    otherProxy: { title: "Only for the proxy", text: "This address answers only the proxies in TRUSTED_PROXIES." },
    otherPanel: (origin: string): { title: string; text: string } => ({
      title: "Wrong address",
      text: `The gate protects ${origin}, and no other site.`,
    }),
    badTicket: {
      title: "This sign-in no longer works",
      text: "It was used already, or it is too old. Sign in again.",
      link: "Sign in",
    },
    signedOut: {
      title: "You are signed out",
      text: "Nothing was done. Sign in, then try again.",
      link: "Sign in",
    },
    method: { title: "Not possible here", text: "This address can't be used that way." },
    longAddress: { title: "This address is too long", text: "Shorten it, or start again without a filter." },
    largeForm: {
      title: "This form is too large",
      text: "It may have 16\u00a0KB at most. Shorten what you typed and try again.",
    },
    slowForm: { title: "The form didn't arrive", text: "Your network was too slow. Please try again." },
    noForm: { title: "This isn't a form", text: "Send application/x-www-form-urlencoded, as the forms here do." },
    otherOrigin: (origin: string): { title: string; text: string } => ({
      title: "This form came from another site",
      text: `For your security, only forms from ${origin} are accepted. Go there and try again.`,
    }),
    tooManyDownloads: "Two downloads of your history are running already. Wait until one has finished, then try again.",
    notDone: "Not done",
    noCookie: "Your browser sent no cookie back. Allow cookies for this site, then try again.",
    oldForm: "This page was open for too long, or in another session. Nothing was done: please try again.",
  },
};
