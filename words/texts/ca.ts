import { countingIn } from "../counts.ts";
import type { Wording } from "./en.ts";

const { count, number, pick } = countingIn("ca");

/** "Des de Firefox", "des d'Edge". */
function from(name: string): string {
  return /^[aeiou]/i.test(name) ? `Des d'${name}` : `Des de ${name}`;
}

/** "la connexió de Firefox", "la connexió d'Edge". */
function connectionOf(device: string): string {
  return /^[aeiou]/i.test(device) ? `la connexió d'${device}` : `la connexió de ${device}`;
}

/**
 * It says "tu". "Tancar" is what is done to a connection, and nothing else: who signs out "surt". An attempt to sign in is an "intent",
 * and whoever runs the panel its "administrador".
 */
export const ca: Wording = {
  brand: "Tauler de control",

  layout: {
    skip: "Salta al contingut",
    menu: "Gestió d'usuari",
    area: "Usuari i seguretat",
    signOut: "Surt",
    attribution: (link) => [
      "Aquest producte inclou dades GeoLite2 creades per MaxMind, disponibles a ",
      link,
      ". El país és una bona estimació, mai una prova.",
    ],
  },

  time: {
    justNow: "ara mateix",
    lessThanMinute: "menys\u00a0d'un\u00a0minut",
    minutes: (minutes) => count(minutes, "minut", "minuts"),
    hours: (hours) => count(hours, "hora", "hores"),
  },

  place: {
    private: "Xarxa privada",
    unknown: "Desconegut",
    unknownIp: "Desconeguda",
    alone: { country: "País desconegut", ip: "adreça desconeguda" },
  },
  device: { unknown: "Dispositiu desconegut", on: (browser, system) => `${browser} a ${system}` },
  states: { open: "Oberta", closed: "Tancada", refused: "Rebutjat", unusual: "Inusual" },

  signIn: {
    title: "Inicia la sessió",
    noUsers: (command) => ["Encara no hi ha cap compte. L'administrador crea el primer amb ", command],
    email: "Correu electrònic",
    password: "Contrasenya",
    submit: "Inicia la sessió",
    forgotten: "Has oblidat la contrasenya? Demana a l'administrador d'aquest tauler que te'n posi una de nova.",
    wrong: "El correu electrònic o la contrasenya no són correctes. Revisa'ls i torna-ho a provar.",
    ended: {
      signed_out: (when) => `Vas sortir el dia ${when}.`,
      closed: (when) =>
        `Aquesta connexió es va tancar des d'una altra el dia ${when}. Inicia la sessió per obrir-ne una de nova.`,
      expired: (when) => `Aquesta connexió va caducar el dia ${when}. Inicia la sessió per obrir-ne una de nova.`,
      password_changed: (when) =>
        `Aquesta connexió es va tancar el dia ${when}, en canviar la contrasenya. Inicia la sessió amb la nova.`,
      closed_by_operator: (when) =>
        `L'administrador va tancar aquesta connexió el dia ${when}. Inicia la sessió per obrir-ne una de nova.`,
      replaced: (when) =>
        `Aquesta connexió es va tancar el dia ${when}: el compte en tenia massa d'obertes, i aquesta era la més antiga.`,
      renewed: (when) =>
        `La contrasenya es va donar el dia ${when}, però la resposta no va arribar a aquest navegador. Torna a iniciar la sessió.`,
    },
  },

  history: {
    title: "Historial de connexions",
    lead: "Qui s'ha connectat al teu compte, quan i des d'on.",
    onlyThis: "Només hi ha oberta aquesta connexió.",
    open: (connections, strong) => [
      "Ara hi ha ",
      strong(count(connections, "connexió oberta", "connexions obertes")),
      ", aquesta inclosa.",
    ],
    unanswered: (connections, link) => [
      link(count(connections, "connexió inusual", "connexions inusuals")),
      pick(connections, " espera la teva resposta.", " esperen la teva resposta."),
    ],
    download: "Baixa el CSV",
    rows: (rows) => count(rows, "fila", "files"),
    moreThanRows: (rows) => `més de ${count(rows, "fila", "files")}`,
    soFar: (rows) => `${rows} de moment`,
    closeAll: "Tanca les connexions obertes",
    noOther: "No hi ha cap altra connexió oberta",
    leftOut: (problems) =>
      `${problems.join(". ")}. ${pick(problems.length, "No s'ha tingut", "No s'han tingut")} en compte.`,
    caption: "Connexions al teu compte, primer les més recents",
    date: "Data",
    ip: "Adreça IP",
    country: "País",
    device: "Dispositiu",
    state: "Estat",
    zone: (zone) => `Fus horari: ${zone}`,
    lookedThrough: (rows) => pick(rows, "S'ha revisat 1 fila.", `S'han revisat ${number(rows)} files.`),
    older: "Connexions anteriors",
    goOn: "Continua cercant",
    noOlder: "No hi ha res anterior.",
  },

  row: {
    current: "Aquesta connexió",
    times: (ago, lastSeen) => `${ago}\u00a0· última\u00a0activitat ${lastSeen}`,
    timesRefused: (ago, lastTry) => `${ago}\u00a0· últim\u00a0intent ${lastTry}`,
    reasons: {
      signed_out: "En sortir",
      closed: "Des d'una altra connexió",
      expired: "Caducada",
      password_changed: "Canvi de contrasenya",
      closed_by_operator: "Per l'administrador",
      replaced: "Massa obertes",
      wrong_password: "Contrasenya incorrecta",
      too_many_tries: "Massa intents",
      locked: "Compte bloquejat 24 hores",
    },
    fromHere: "Des d'aquest navegador",
    from,
    lasted: (duration) => `va\u00a0durar\u00a0${duration}`,
    refused: (reason, attempts, addresses) =>
      `${reason}: ${count(attempts, "intent", "intents")}${
        addresses > 1 ? ` des de ${number(addresses)} adreces` : ""
      }`,
    unusual: {
      new_country: (country) => `País nou: ${country}`,
      new_network_and_device: () => "Xarxa i dispositiu nous",
      after_refusals: () => "Després d'intents rebutjats",
    },
    answered: { me: "Vas dir: he estat jo", not_me: "Vas dir: no he estat jo" },
    close: "Tanca",
    closeWhich: (device, ip) => `${connectionOf(device)}, ${ip}`,
    wasThisYou: "Has estat tu?",
  },

  days: {
    skip: "Salta el gràfic",
    today: "avui",
    last: (days) => `En els últims ${number(days)} dies: `,
    nothing: "res",
    connections: (connections) => count(connections, "connexió", "connexions"),
    moreThanConnections: (connections) => `més de ${count(connections, "connexió", "connexions")}`,
    newestDrawn: (connections) => `es mostren les ${number(connections)} més recents`,
    perDay: (most) => `fins a ${number(most)} al dia`,
    refusedSignIns: (attempts) => count(attempts, "intent rebutjat", "intents rebutjats"),
    refused: (attempts) => count(attempts, "intent rebutjat", "intents rebutjats"),
    unusual: (connections) => count(connections, "inusual", "inusuals"),
    notCounted: "sense comptar",
  },

  filters: {
    name: "Filtra les connexions",
    submit: "Filtra",
    active: (filters) => count(filters, "actiu", "actius"),
    state: "Estat",
    everyState: "Tots",
    country: "País",
    everyCountry: "Tots",
    from: "Des de",
    to: "Fins a",
    ip: "Adreça IP",
    day: "Dia",
    chips: "Filtres actius",
    remove: "Treu el filtre",
    showAll: "Mostra-ho tot",
    title: { from: (day) => `des del dia ${day}`, to: (day) => `fins al dia ${day}`, older: "anteriors" },
    soFarTitle: "Res de moment",
    soFar: "Encara queda historial per revisar.",
    beginningTitle: "No hi ha res anterior",
    beginning: "Aquí comença l'historial del teu compte.",
    newest: "Ves a les connexions més recents",
    emptyTitle: "Res no coincideix amb aquest filtre",
    emptyOne: "No hi ha res així al teu historial.",
    emptyAll: "Res del teu historial no ho compleix tot. Treu-ne una part:",
    without: (filter) => `Sense «${filter}»`,
    showAllConnections: "Mostra totes les connexions",
    problems: {
      state: "«Estat» ha de ser open, closed, refused o unusual",
      country: "«País» ha de ser el codi de dues lletres d'un país, private o none",
      from: "«Des de» ha de ser un dia com 2026-11-23",
      to: "«Fins a» ha de ser un dia com 2026-11-23",
      ip: "«Adreça IP» ha de ser una adreça, o el començament d'una xarxa: 46.16",
      before: "L'enllaç a connexions anteriors estava malmès, i per això aquestes són les més recents",
      repeated: (field) => `«${field}» ha arribat més d'una vegada`,
    },
  },

  news: {
    opened: (what) => `S'ha obert una connexió: ${what}.`,
    openedUnusual: (what) => `S'ha obert una connexió inusual: ${what}.`,
    openedMany: (connections) =>
      pick(connections, "S'ha obert una connexió.", `S'han obert ${number(connections)} connexions.`),
    closed: (connections) =>
      pick(connections, "S'ha tancat una connexió.", `S'han tancat ${number(connections)} connexions.`),
    refused: (attempts) =>
      pick(
        attempts,
        "S'ha rebutjat un intent d'inici de sessió.",
        `S'han rebutjat ${number(attempts)} intents d'inici de sessió.`,
      ),
    show: "Mostra les connexions més recents",
  },

  confirmation: {
    password: "La teva contrasenya",
    passwordHint: "Fa més de 5 minuts que la vas donar per última vegada.",
    wrong: "Aquesta no és la teva contrasenya. Revisa-la i torna-ho a provar.",
    lost: "No hi ha hagut resposta. Revisa la xarxa i torna-ho a provar.",
    back: "Torna a l'historial",
    since: (time, zone) => ["Des del dia ", time, ` (${zone})`],
    isCurrent: "Aquesta és la connexió que fas servir",
  },

  closing: {
    titleAll: "Tanca les connexions obertes",
    titleOne: (device) => `Tanca ${connectionOf(device)}`,
    nothingTitle: "No hi ha res més obert",
    nothing: "Aquesta connexió és l'única oberta, així que no hi ha res per tancar.",
    askAll: (connections) => `Vols tancar ${count(connections, "connexió oberta", "connexions obertes")}?`,
    all: (connections) => pick(connections, "Tanca-la", `Tanca les ${number(connections)}`),
    more: (connections) => `I ${count(connections, "connexió més", "connexions més")}.`,
    signInAgain: (connections) =>
      pick(
        connections,
        "Haurà de tornar a iniciar la sessió amb la teva contrasenya.",
        "Hauran de tornar a iniciar la sessió amb la teva contrasenya.",
      ),
    staysIn: "En aquest navegador continuaràs amb la sessió iniciada.",
    signOutInstead: "Per acabar-la, prem «Surt».",
    closedTitle: "Aquesta connexió ja està tancada",
    ended: (time, zone) => ["Va acabar el dia ", time, ` (${zone}). No queda res per tancar.`],
    askOne: "Vols tancar aquesta connexió?",
    one: "Tanca-la",
    cancel: "Cancel·la",
    nothingWasOpen: "No hi havia res obert: les altres connexions ja estaven tancades.",
    allClosed: (connections, named) =>
      `${
        pick(connections, "S'ha tancat 1 connexió oberta", `S'han tancat ${number(connections)} connexions obertes`)
      }${named}.`,
    nothingClosed: "No s'ha tancat res: aquesta connexió ja estava tancada.",
    oneClosed: (named) => `S'ha tancat la connexió${named}.`,
    undo: (connections) =>
      `Això no es pot desfer: si ${
        pick(connections, "era teva", "alguna era teva")
      }, torna a iniciar la sessió allà. Aquí continues amb la sessió iniciada.`,
    named: (named, more) => `: ${named.join(", ")}${more > 0 ? ` i ${number(more)} més` : ""}`,
  },

  answers: {
    pageTitle: (device) => `Has estat tu? ${device}`,
    current: "No pot respondre per si mateixa: qui la va obrir diria que ets tu. Respon des d'una altra connexió.",
    nothingTitle: "Aquí no hi ha res inusual",
    answeredTitle: "Ja has respost",
    answered: { me: "Vas dir que havies estat tu.", not_me: "Vas dir que no havies estat tu." },
    title: "Has estat tu?",
    later: "Respon més tard",
    notMe: "No he estat jo",
    me: "He estat jo",
    thisNetwork: "aquesta xarxa",
    meMeans: (known) =>
      `${known.length === 0 ? "" : `El teu compte coneixerà des d'ara: ${known.join(", ")}. `}Ja no serà inusual.`,
    notMeMeans:
      "Totes les altres connexions es tanquen de seguida, i tries una contrasenya nova. En aquest navegador continuaràs amb la sessió iniciada.",
    reasons: {
      new_country: (country) => `Va ser la primera connexió al teu compte des d'aquest país: ${country}.`,
      new_network_and_device: () => "Tant la xarxa com el dispositiu eren nous per al teu compte.",
      after_refusals: () =>
        "Va arribar just després d'intents rebutjats: potser algú va provar contrasenyes fins a encertar-la.",
    },
    chooseOne: "Tria una de les dues respostes.",
    nothingChanged: "No s'ha canviat res: aquesta connexió ja té la seva resposta.",
    recognized: (connections) =>
      `${
        pick(
          connections,
          "La connexió queda marcada com a teva",
          `${number(connections)} connexions com aquesta queden marcades com a teves`,
        )
      }. El que vingui d'allà amb aquell dispositiu ja no serà inusual.`,
    chooseNew: "Potser algú més sap la teva contrasenya: tria'n ara una de nova.",
  },

  password: {
    title: "Contrasenya",
    lead:
      "Una contrasenya nova també tanca totes les altres connexions al teu compte. En aquest navegador continuaràs amb la sessió iniciada.",
    current: "Contrasenya actual",
    new: "Contrasenya nova",
    newHint: (shortest) =>
      `Com a mínim ${shortest} caràcters, del tipus que siguin. Un gestor de contrasenyes en crea una de bona.`,
    again: "Repeteix la contrasenya nova",
    submit: "Canvia la contrasenya",
    changed: "S'ha canviat la teva contrasenya.",
    noOther: "No hi havia cap altra connexió oberta.",
    othersClosed: (connections) =>
      pick(connections, "S'ha tancat una altra connexió.", `S'han tancat ${number(connections)} connexions més.`),
    wrong: "Aquesta no és la teva contrasenya actual. Revisa-la i torna-ho a provar.",
    notChanged: "No s'ha canviat res: la contrasenya o aquesta connexió han canviat en el mateix moment.",
    same: "Aquesta és la teva contrasenya actual. Tria'n una altra.",
    different: "No és igual que la contrasenya nova de dalt.",
    problems: {
      too_short: (shortest) =>
        `Fes servir com a mínim ${shortest} caràcters. Unes quantes paraules que només tu relaciones són fàcils de recordar.`,
      too_long: () => "És més llarga del que aquí pot ser una contrasenya. Fes servir menys caràcters.",
      email: () => "Tria una contrasenya que no sigui el teu correu electrònic.",
      common: () => "Aquesta contrasenya és de les primeres que proven els atacants. Tria'n una altra.",
    },
  },

  preferences: {
    title: "Preferències",
    lead: "Es desen amb el teu compte i valen a qualsevol navegador on iniciïs la sessió.",
    zone: "Fus horari",
    zoneHint:
      "Escriu una ciutat amb el seu nom en anglès i tria-la a la llista. Si ho deixes buit, el fixa el pròxim inici de sessió.",
    browserZone: "Fes servir el d'aquest navegador:",
    language: "Idioma",
    asInBrowser: "El del navegador",
    theme: "Tema",
    asInSystem: "El del sistema",
    themes: { light: "Clar", dark: "Fosc" },
    submit: "Desa les preferències",
    saved: "S'han desat les teves preferències.",
    noZone: "No hi ha cap fus horari amb aquest nom. Tria'n un de la llista, com Europe/Madrid.",
    noLanguage: "Tria un d'aquests idiomes.",
    noTheme: "Tria un d'aquests temes.",
  },

  typed: {
    email: "Escriu el teu correu electrònic.",
    emailTooLong: "És massa llarg per a un correu electrònic.",
    password: "Escriu la teva contrasenya.",
    currentPassword: "Escriu la teva contrasenya actual.",
    newPassword: "Escriu una contrasenya nova.",
    newPasswordAgain: "Torna a escriure la contrasenya nova.",
    passwordTooLong: "Aquí no hi ha cap contrasenya tan llarga.",
  },

  refused: {
    limited: (wait) => `Hi ha hagut massa intents. Espera ${wait} i torna-ho a provar.`,
    locked: (wait) =>
      `Hi ha hagut massa contrasenyes incorrectes seguides, i durant un temps no se n'accepta cap. Espera ${wait}, o demana a l'administrador que te'n posi una de nova.`,
    busy: "Ara mateix s'estan comprovant moltes contrasenyes. Torna-ho a provar d'aquí a uns segons.",
  },

  errors: {
    home: "Ves a l'historial de connexions",
    notFound: { title: "Aquí no hi ha res", text: "Aquesta pàgina o connexió no existeix, o no és teva." },
    unreadable: { title: "Això no es pot llegir", text: "Torna enrere i torna-ho a provar." },
    unavailable: {
      title: "No disponible ara mateix",
      text: "La base de dades no respon. Torna-ho a provar d'aquí a uns segons.",
    },
    crash: (request) => ({
      title: "Alguna cosa ha fallat aquí",
      text: `No és culpa teva. Si torna a passar, digues aquest número a l'administrador: ${request}`,
    }),
    otherHost: (origin) => ({ title: "Adreça equivocada", text: `Aquest servidor només respon a ${origin}.` }),
    method: { title: "Aquí no és possible", text: "Aquesta adreça no es pot fer servir d'aquesta manera." },
    longAddress: { title: "Aquesta adreça és massa llarga", text: "Escurça-la, o torna a començar sense filtre." },
    largeForm: {
      title: "Aquest formulari és massa gran",
      text: "Pot tenir 16\u00a0KB com a màxim. Escurça el que has escrit i torna-ho a provar.",
    },
    slowForm: { title: "El formulari no ha arribat", text: "La xarxa anava massa lenta. Torna-ho a provar." },
    noForm: {
      title: "Això no és un formulari",
      text: "Envia application/x-www-form-urlencoded, com fan els formularis d'aquí.",
    },
    otherOrigin: (origin) => ({
      title: "Aquest formulari venia d'un altre lloc",
      text: `Per la teva seguretat, només s'accepten formularis de ${origin}. Ves-hi i torna-ho a provar.`,
    }),
    notDone: "No s'ha pogut fer",
    noCookie: "El teu navegador no ha retornat cap galeta. Permet les galetes d'aquest lloc i torna-ho a provar.",
    oldForm:
      "Feia massa temps que aquesta pàgina era oberta, o era d'una altra sessió. No s'ha fet res: torna-ho a provar.",
  },
};
