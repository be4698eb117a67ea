import { countingIn } from "../counts.ts";
import type { Wording } from "./en.ts";

const { count, list, number, pick } = countingIn("ca");

/** "des de Firefox", "des d'Edge". */
function from(device: string): string {
  return /^[aeiou]/i.test(device) ? `des d'${device}` : `des de ${device}`;
}

/** Addresses the reader as "tu". A connection is closed ("tancar"), an attempt is an "intent", the operator is the "administrador". */
export const ca: Wording = {
  brand: "Tauler de control",

  layout: {
    skip: "Salta al contingut",
    lost: "No hi ha resposta del servidor. Comprova la connexió a Internet i torna-ho a provar.",
    dismiss: "Descarta",
    menu: "Gestió d'usuari",
    area: "Usuari i seguretat",
    signOut: "Tanca la sessió",
    attribution: (link) => [
      "Aquest producte inclou dades GeoLite2 creades per MaxMind, disponibles a ",
      link,
      ".",
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
    unknownIp: "Adreça desconeguda",
    alone: { country: "País desconegut", ip: "adreça desconeguda" },
  },
  device: { unknown: "Dispositiu desconegut", on: (browser, system) => `${browser} · ${system}` },
  states: { open: "Oberta", closed: "Tancada", refused: "Rebutjada", unusual: "Inusual", unreviewed: "Per revisar" },

  field: { showPassword: "Mostra la contrasenya", hidePassword: "Amaga la contrasenya" },

  signIn: {
    title: "Inicia la sessió",
    noUsers: (command) => ["Encara no hi ha cap compte. L'administrador crea el primer amb ", command],
    email: "Correu electrònic",
    password: "Contrasenya",
    submit: "Inicia la sessió",
    forgotten: "Has oblidat la contrasenya? Demana a l'administrador d'aquest tauler que te'n posi una de nova.",
    forgottenLink: "Has oblidat la contrasenya?",
    wrong: "El correu electrònic o la contrasenya no són correctes. Revisa'ls i torna-ho a provar.",
    ended: {
      signed_out: (when) => `Vas tancar la sessió el dia ${when}.`,
      closed: (when) =>
        `Aquesta connexió es va tancar des d'una altra el dia ${when}. Inicia la sessió per obrir-ne una de nova.`,
      expired: (when) => `Aquesta connexió va caducar el dia ${when}. Inicia la sessió per obrir-ne una de nova.`,
      password_changed: (when) =>
        `Aquesta connexió es va tancar el dia ${when}, en canviar la contrasenya. Inicia la sessió amb la nova.`,
      closed_by_operator: (when) =>
        `L'administrador va tancar aquesta connexió el dia ${when}. Inicia la sessió per obrir-ne una de nova.`,
      replaced: (when) =>
        `Aquesta connexió es va tancar el dia ${when}: el compte en tenia massa d'obertes, i aquesta era la més antiga.`,
      too_many_attempts: (when) =>
        `Aquesta connexió es va tancar el dia ${when}, després de massa contrasenyes incorrectes. Inicia la sessió per obrir-ne una de nova.`,
      password_set: (when) =>
        `La contrasenya es va canviar el ${when} amb un enllaç d'un sol ús. Inicia la sessió amb la nova.`,
      renewed: (when) =>
        `Vas introduir la contrasenya el dia ${when}, però la resposta no va arribar a aquest navegador. Torna a iniciar la sessió.`,
    },
  },

  ticket: {
    title: "Vols continuar?",
    heading: (email) => `Vols continuar com a ${email}?`,
    text: "Has arribat aquí des d'un altre lloc. Continua només si aquest compte és teu.",
    submit: "Continua",
  },

  signOut: {
    title: "Vols tancar la sessió?",
    text: (email) => ["Has iniciat la sessió com a ", email, "."],
  },

  history: {
    title: "Historial de connexions",
    nobodyElse: "Ningú més no ha iniciat la sessió al teu compte.",
    onlyThis: "Només hi ha oberta aquesta connexió.",
    open: (connections, strong) => [
      "Ara hi ha ",
      strong(count(connections, "connexió oberta", "connexions obertes")),
      ", aquesta inclosa.",
    ],
    unreviewed: (connections) =>
      `${count(connections, "connexió inusual necessita", "connexions inusuals necessiten")} la teva revisió.`,
    review: "Revisa",
    passwordDue: "Vas dir que hi havia algú altre al teu compte. Tria una contrasenya nova.",
    download: "Baixa el CSV",
    forSpreadsheets: "Per a fulls de càlcul",
    downloadForSpreadsheets: "Baixa per a fulls de càlcul",
    rows: (rows) => count(rows, "fila", "files"),
    moreThanRows: (rows) => `més de ${count(rows, "fila", "files")}`,
    results: (rows) => count(rows, "resultat", "resultats"),
    moreThanResults: (rows) => `més de ${count(rows, "resultat", "resultats")}`,
    soFar: (rows) => `${rows} de moment`,
    closeAll: "Tanca les connexions obertes",
    noOther: "No hi ha cap altra connexió oberta",
    leftOut: (problems, fields) =>
      `${problems.join(". ")}. ${pick(fields, "No s'ha tingut", "No s'han tingut")} en compte.`,
    openNow: "Obertes ara",
    earlier: "Anteriors",
    allOpen: (connections) =>
      connections === null ? "Totes les connexions obertes" : `Les ${number(connections)} connexions obertes`,
    caption: "Connexions al teu compte",
    date: "Data",
    ip: "Adreça IP",
    country: "País",
    device: "Dispositiu",
    state: "Estat",
    zone: (zone) => `Fus horari: ${zone}`,
    searched: (rows) => pick(rows, "S'ha revisat 1 fila.", `S'han revisat ${number(rows)} files.`),
    older: "Connexions anteriors",
    keepSearching: "Continua cercant",
    noOlder: "No hi ha res anterior.",
  },

  row: {
    current: "Aquesta connexió",
    times: (ago, lastSeen) => `${ago}\u00a0· última\u00a0activitat ${lastSeen}`,
    timesRefused: (ago, lastAttempt) => `${ago}\u00a0· últim\u00a0intent ${lastAttempt}`,
    reasons: {
      signed_out: "Sessió tancada",
      closed: "Tancada des d'una altra connexió",
      expired: "Caducada",
      password_changed: "Tancada en canviar la contrasenya",
      closed_by_operator: "Tancada per l'administrador",
      replaced: "Tancada: massa obertes",
      too_many_attempts: "Tancada després de massa contrasenyes incorrectes",
      password_set: "Contrasenya canviada amb un enllaç d'un sol ús",
      wrong_password: "Contrasenya incorrecta",
      wrong_confirmation: "Contrasenya incorrecta amb la sessió oberta",
      wrong_code: "Codi incorrecte",
      wrong_passkey: "Clau d'accés incorrecta",
      too_many_tries: "Massa intents",
      locked: "Compte bloquejat 24 hores",
    },
    closedHere: "Tancada des d'aquest navegador",
    closedFrom: (device) => `Tancada ${from(device)}`,
    lasted: (duration) => `oberta\u00a0${duration}`,
    refused: (reason, attempts, addresses) =>
      `${reason} (${number(attempts)}${addresses > 1 ? ` des de ${number(addresses)} adreces` : ""})`,
    unusual: {
      new_country: (country) => `País nou: ${country}`,
      new_network_and_device: () => "Xarxa i dispositiu nous",
      after_refusals: () => "Després d'intents rebutjats",
      moved_country: (_, { country }) => `Usada des d'un país nou${country ? `: ${country}` : ""}`,
      moved_device: (_, { device }) => `Usada en un altre dispositiu${device ? `: ${device}` : ""}`,
      wrong_confirmations: () => "Massa contrasenyes incorrectes",
      recovery_code: () => "Oberta amb un codi de recuperació",
      passkey_copied: () => "Clau d'accés copiada",
    },
    verdict: { me: "Vas dir: he estat jo", not_me: "Vas dir: no he estat jo" },
    close: "Tanca",
    closeWhich: (device, ip, time) => `la connexió ${from(device)}, ${ip}, ${time}`,
    wasThisYou: "Has estat tu?",
    last: (place) => ["última: ", place],
    lastOf: (addresses) => `última de ${number(addresses)} adreces`,
  },

  chart: {
    show: "Dia a dia",
    skip: "Salta el gràfic",
    today: "avui",
    last: (days) => `En els últims ${number(days)} dies: `,
    lastOfAll: (days) => `Tot el compte, últims ${number(days)} dies: `,
    nothing: "res",
    opened: (connections) => count(connections, "connexió", "connexions"),
    connections: (connections) => count(connections, "connexió", "connexions"),
    moreThanConnections: (connections) => `més de ${count(connections, "connexió", "connexions")}`,
    newestDrawn: (connections) => `es mostren les ${number(connections)} més recents`,
    perDay: (max) => `fins a ${number(max)} al dia`,
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
    title: { from: (day) => `des ${ofDay(day)}`, to: (day) => `fins ${toDay(day)}`, older: "anteriors" },
    repeated: (field) => `«${field}» ha arribat més d'una vegada`,
    soFarTitle: "Res de moment",
    soFar: "Encara queda historial per revisar.",
    beginningTitle: "No hi ha res anterior",
    beginning: "Aquí comença l'historial del teu compte.",
    newest: "Ves a les connexions més recents",
    emptyTitle: "Cap resultat",
    emptyOne: "Cap connexió no coincideix amb el filtre.",
    emptyAll: "Cap connexió no compleix tots els filtres. Treu-ne algun:",
    without: (filter) => `Sense «${filter}»`,
    showAllConnections: "Mostra totes les connexions",
  },

  live: {
    stale: "Aquesta pàgina no s'actualitza des de les {time}.",
    status: (open, unreviewed, refused, days) =>
      [
        pick(open, "Hi ha 1 connexió oberta.", `Hi ha ${number(open)} connexions obertes.`),
        unreviewed > 0 &&
        pick(
          unreviewed,
          "1 connexió inusual necessita la teva revisió.",
          `${number(unreviewed)} connexions inusuals necessiten la teva revisió.`,
        ),
        refused > 0 && `${count(refused, "intent rebutjat", "intents rebutjats")} en els últims ${number(days)} dies.`,
      ].filter(Boolean).join(" "),
    pause: "Pausa les actualitzacions",
    changed: "L'historial ha canviat.",
    show: "Mostra les connexions més recents",
  },

  confirmation: {
    password: "La teva contrasenya",
    passwordOld: "Per seguretat, torna-la a introduir: fa més de 5 minuts de l'última vegada.",
    passwordRequired: "Per seguretat, torna-la a introduir.",
    wrong: "Aquesta no és la teva contrasenya. Revisa-la i torna-ho a provar.",
    proveElsewhere: "Per seguretat, demostra una altra vegada que ets tu:",
    signInAgain: "Torna a iniciar la sessió",
    signInFirst: "No s'ha fet res. Abans, torna a iniciar la sessió.",
    notConfirmed: "No s'ha fet res. Abans, confirma que ets tu.",
    back: "Torna a l'historial",
    since: (time, zone) => ["Des del ", time, ` (${zone})`],
    isCurrent: "Aquesta és la connexió que fas servir",
  },

  closing: {
    titleAll: "Tanca les connexions obertes",
    titleOne: (device) => `Tanca la connexió ${from(device)}`,
    nothingTitle: "No hi ha res més obert",
    nothing: "Aquesta connexió és l'única oberta, així que no hi ha res per tancar.",
    askAll: (connections) => `Vols tancar ${count(connections, "connexió oberta", "connexions obertes")}?`,
    all: (connections) => pick(connections, "Tanca-la", `Tanca les ${number(connections)}`),
    more: (connections) => `I ${count(connections, "connexió més", "connexions més")}.`,
    signInAgain: (connections, hasPassword) =>
      `${pick(connections, "Haurà", "Hauran")} de tornar a iniciar la sessió${
        hasPassword ? " amb la teva contrasenya" : ""
      }.`,
    cannotUndo: "Això no es pot desfer.",
    staysIn: "En aquest navegador continuaràs amb la sessió iniciada.",
    signOutInstead: "Per acabar-la, tanca la sessió.",
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
    notYours: "Si no era teva, canvia la contrasenya.",
    named: (named, more) => `: ${named.join(", ")}${more > 0 ? ` i ${number(more)} més` : ""}`,
  },

  review: {
    pageTitle: (device) => `Has estat tu? ${device}`,
    current:
      "Estàs fent servir aquesta connexió. Introdueix la contrasenya per confirmar que és teva; si no ho és, tanca la sessió.",
    nothingTitle: "Aquí no hi ha res inusual",
    reviewed: {
      me: "Vas dir que havies estat tu. Si no és així, digues-ho ara.",
      not_me: "Vas dir que no havies estat tu. Si ho vas ser, introdueix la contrasenya i digues-ho.",
    },
    title: "Has estat tu?",
    later: "Decideix més tard",
    notMe: "No, no he estat jo",
    me: "Sí, he estat jo",
    networks: (networks) => pick(networks, "aquesta xarxa", "aquestes xarxes"),
    meMeans: (known) =>
      known.length === 0
        ? "Ja no es marcarà com a inusual."
        : `A partir d'ara reconeixerem ${list(known)}, i no ho marcarem com a inusual.`,
    notMeMeans: (hasPassword) =>
      `Totes les altres connexions es tancaran a l'instant${
        hasPassword ? " i et demanarem una contrasenya nova" : ""
      }. En aquest navegador continuaràs amb la sessió iniciada.`,
    reasons: {
      new_country: (country) => `Va ser la primera connexió al teu compte des d'aquest país: ${country}.`,
      new_network_and_device: () => "Tant la xarxa com el dispositiu eren nous per al teu compte.",
      after_refusals: () =>
        "Va arribar just després d'intents rebutjats: potser algú va provar contrasenyes fins a encertar-la.",
      moved_country: (_, { country }) =>
        `Es va fer servir des d'un país nou per al teu compte${
          country ? ` (${country})` : ""
        }: potser en van robar la galeta.`,
      moved_device: (_, { device }) =>
        `Es va fer servir en un dispositiu diferent del que la va obrir${
          device ? ` (${device})` : ""
        }: potser en van robar la galeta.`,
      wrong_confirmations: () => "S'hi van introduir deu contrasenyes incorrectes seguides, i per això es va tancar.",
      recovery_code: () => "Es va obrir amb un codi de recuperació en lloc del segon pas habitual.",
      passkey_copied: () =>
        "El comptador de la seva clau d'accés va retrocedir, com faria el d'una còpia: potser algú l'ha clonada.",
    },
    chooseOne: "Tria una de les dues opcions.",
    movedMeanwhile:
      "Aquesta connexió s'ha fet servir des d'un altre lloc des que vas obrir aquesta pàgina. Fes-hi una ullada i decideix.",
    nothingChanged: "No s'ha canviat res: ja havies revisat aquesta connexió.",
    recognized: (connections) =>
      `${
        pick(
          connections,
          "La connexió queda marcada com a teva",
          `${number(connections)} connexions com aquesta queden marcades com a teves`,
        )
      }. Les connexions des d'allà amb aquest dispositiu ja no es marcaran com a inusuals.`,
    chooseNew: "Potser algú més sap la teva contrasenya: tria'n ara una de nova.",
    changeElsewhere: "Potser algú més pot iniciar la sessió com tu. Si fas servir una contrasenya, canvia-la ara.",
  },

  details: {
    title: (device) => `Connexió ${from(device)}`,
    opened: "Obertura",
    lastSeen: "Última activitat",
    ended: "Tancament",
    signedIn: "Sessió iniciada amb",
    verdict: "La teva revisió",
    noVerdict: "Encara sense revisar",
    close: "Tanca aquesta connexió",
    closer: "Tancada des de",
    wrongPasswords: "Contrasenyes incorrectes",
    placesTitle: "On es va fer servir",
    between: (first, last) => [first, " – ", last],
    noBrowser: "No va enviar cap User-Agent.",
  },

  spreadsheet: {
    opened: "Obertura",
    lastSeen: "Última activitat",
    closed: "Tancament",
    state: "Estat",
    ended: "Com va acabar",
    ip: "Adreça IP",
    country: "País",
    device: "Dispositiu",
    userAgent: "User-Agent",
    attempts: "Intents",
    unusual: "Inusual",
    verdict: "La teva revisió",
    closedFrom: "Tancada des de",
    addresses: "Adreces",
    lastIp: "Última adreça IP",
    lastCountry: "Últim país",
    method: "Sessió iniciada amb",
  },

  password: {
    title: "Contrasenya",
    lead:
      "En canviar la contrasenya es tanquen totes les altres connexions. En aquest navegador continuaràs amb la sessió iniciada.",
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
    different: "Les contrasenyes no coincideixen.",
    problems: {
      too_short: (shortest) =>
        `Fes servir com a mínim ${shortest} caràcters. Unes quantes paraules que només tu relaciones són fàcils de recordar.`,
      too_long: () => "És massa llarga. Fes servir menys caràcters.",
      email: () => "Tria una contrasenya que no es basi en el teu correu electrònic.",
      site: () => "Tria una contrasenya que no es basi en el nom d'aquest lloc.",
      common: () => "Aquesta contrasenya és de les primeres que proven els atacants. Tria'n una altra.",
    },
  },

  forgotten: {
    title: "Contrasenya oblidada",
    lead:
      "Escriu el teu correu electrònic. Si hi ha un compte amb aquesta adreça, t'hi enviarem un enllaç per triar una contrasenya nova.",
    submit: "Envia l'enllaç",
    sentTitle: "Mira el correu",
    sent:
      "Si hi ha un compte amb aquesta adreça, el missatge ja és de camí. L'enllaç funciona una sola vegada, durant 30 minuts.",
    noMail:
      "No arriba res d'aquí a uns minuts? Mira la carpeta de correu brossa i revisa l'adreça. Només enviem uns quants missatges per hora: fes servir el més recent.",
    again: "Demana un altre enllaç",
    back: "Torna a l'inici de sessió",
  },

  link: {
    title: "Tria la teva contrasenya",
    lead: (email) => ["Per al compte ", email, ". Aquest enllaç funciona una sola vegada."],
    forgottenMeans: "Es tancaran totes les connexions al teu compte. Si tens un segon pas, es manté.",
    submit: "Desa la contrasenya",
    done: "S'ha desat la teva contrasenya. Inicia la sessió amb aquesta contrasenya.",
    emailTitle: "Confirma aquesta adreça",
    emailLead: (email) => [
      "Vols fer servir ",
      email,
      " per al teu compte? A partir de llavors iniciaràs la sessió amb aquesta adreça.",
    ],
    useEmail: "Fes servir aquesta adreça",
    notAsked: "Si no ho has demanat tu, tanca aquesta pàgina: no canviarà res.",
    emailChanged: "El teu correu electrònic ha canviat. A partir d'ara inicia la sessió amb el nou.",
    taken: (email) => `Ara un altre compte fa servir ${email}, així que no s'ha canviat res.`,
    emailTaken: "Tria una altra adreça, o pregunta-ho a l'administrador d'aquest tauler.",
    undoTitle: "Desfés el canvi d'adreça",
    undoLead: (email) => ["El teu compte torna a ", email, ", amb una contrasenya nova."],
    undoMeans: "Se'n tancaran totes les connexions i se'n trauran els mètodes d'inici de sessió afegits des del canvi.",
    undo: "Desfés i desa la contrasenya",
    undone:
      "Has recuperat la teva adreça i s'ha desat la contrasenya. Inicia la sessió i revisa els teus mètodes d'inici de sessió.",
    undoTaken:
      "Avisa ja l'administrador d'aquest tauler: pot tancar les connexions al teu compte i donar-li una altra adreça.",
  },

  email: {
    title: "Correu electrònic",
    lead: "L'adreça amb què inicies la sessió i on t'escrivim.",
    current: (email) => ["La teva adreça és ", email, "."],
    new: "Correu electrònic nou",
    newHint: "Hi enviarem un enllaç. L'adreça canviarà quan obris l'enllaç i confirmis, i avisarem l'anterior.",
    submit: "Envia l'enllaç",
    pending: (email) => ["Falta que confirmis ", email, ". L'enllaç que hi hem enviat funciona durant 24 hores."],
    noMail:
      "No arriba res? Mira la carpeta de correu brossa. Si un altre compte fa servir l'adreça, no rep cap missatge.",
    again: "Torna a enviar",
    cancel: "Cancel·la el canvi",
    same: "Aquesta ja és la teva adreça. Escriu-ne una altra.",
    requested: "El missatge ja és de camí cap a l'adreça nova. Obre'n l'enllaç per confirmar-la.",
    cancelled: "S'ha cancel·lat el canvi. La teva adreça continua sent la mateixa.",
    change: "Canvia el correu electrònic",
  },

  code: {
    title: "Confirma que ets tu",
    lead: "Escriu les sis xifres que mostra ara la teva aplicació d'autenticació, o un dels teus codis de recuperació.",
    leadPasskey: "Aquest compte també demana una clau d'accés o un codi de recuperació.",
    code: "Codi",
    submit: "Continua",
    startOver: "Torna a començar",
    wrong: "El codi no és correcte o ja s'ha fet servir. Espera el següent i torna-ho a provar.",
    over: "Hi ha hagut massa codis incorrectes o ha passat massa temps. Torna a iniciar la sessió.",
  },

  passkey: {
    signIn: "Inicia la sessió amb una clau d'accés",
    use: "Fes servir una clau d'accés",
    done: "La clau d'accés és correcta. Ara tria.",
    failed: "No s'ha fet servir cap clau d'accés. Torna-ho a provar o fes-ho sense.",
    failedNew: "No s'ha creat cap clau d'accés. Torna-ho a provar.",
    known: "Aquesta clau d'accés ja estava afegida.",
    unsupported:
      "Aquest navegador no té claus d'accés per a aquesta adreça. Prova-ho amb un altre navegador o dispositiu.",
    late: "Aquesta pàgina ha estat oberta massa temps. Torna-ho a provar.",
    wrong: "No s'ha acceptat aquesta clau d'accés. Torna-ho a provar o fes-ho sense.",
  },

  methods: {
    title: "Mètodes d'accés",
    lead: "El que obre el teu compte. Un segon pas deixa fora qui només sàpiga la teva contrasenya.",
    added: (when) => ["Afegida el ", when],
    lastUsed: (when) => ["últim ús: ", when],
    neverUsed: "sense fer servir",
    password: "Contrasenya",
    passwordText: "Cada inici de sessió amb ella és a l'historial de connexions.",
    changePassword: "Canvia la contrasenya",
    authenticator: "Aplicació d'autenticació",
    authenticatorText: "Una aplicació del teu mòbil mostra un codi nou de sis xifres cada 30 segons.",
    addAuthenticator: "Afegeix una aplicació d'autenticació",
    replace: "Configura'n una altra",
    remove: "Treu",
    noKey: "Ara mateix no es pot afegir aquí. Consulta-ho amb l'administració d'aquest tauler de control.",
    passkeys: "Claus d'accés",
    passkeysText: "La teva empremta, la cara o el PIN obre el compte, i la contrasenya tota sola ja no.",
    addPasskey: "Afegeix una clau d'accés",
    addPasskeyText: "El navegador et pregunta on desar-la: en aquest dispositiu, al mòbil o en una clau de seguretat.",
    noPasskeys: "No se'n poden afegir en aquesta adreça. Consulta-ho amb l'administració d'aquest tauler de control.",
    needsScript: "Per afegir una clau d'accés cal JavaScript.",
    synced: "Sincronitzada",
    rename: "Canvia el nom",
    whichPasskey: (name) => `de la clau d'accés ${name}`,
    passkeyName: "Nom",
    passkeyNameHint: "Per reconèixer-la, com ara el dispositiu on és.",
    renameTitle: "Canvia el nom de la clau d'accés",
    removePasskeyTitle: "Vols treure aquesta clau d'accés?",
    removePasskeyText: "Ja no obrirà el teu compte. Esborra-la també al teu dispositiu.",
    tooManyPasskeys: "Tens 20 claus d'accés, que és el màxim. Abans treu-ne una.",
    passkeyAdded: "S'ha afegit la clau d'accés. Crea també codis de recuperació, per si la perds.",
    passkeyRenamed: "S'ha canviat el nom de la clau d'accés.",
    passkeyRemoved: "S'ha tret la clau d'accés.",
    recoveryCodes: "Codis de recuperació",
    recoveryText: "Cadascun obre el teu compte una vegada, amb la contrasenya, quan no tens res més a mà.",
    left: (codes) => `${pick(codes, "En queda", "En queden")} ${number(codes)}`,
    made: (when) => ["creats el ", when],
    noCodes: "No en tens cap. Sense ells, si perds el mòbil hauràs d'acudir a l'administració.",
    makeCodes: "Crea codis de recuperació",
    renewCodes: "Crea'n de nous",
    browsers: "Navegadors coneguts",
    browsersText:
      "Navegadors que ja han iniciat la sessió. Les contrasenyes incorrectes d'estranys no te'n deixen fora.",
    noBrowsers: "No n'hi ha cap.",
    unknownBrowser: "Un navegador",
    thisBrowser: "Aquest navegador",
    firstUsed: (when) => ["Des del ", when],
    forget: "Oblida",
    forgetWhich: (device) => `el navegador ${device}`,
    forgetAll: "Oblida'ls tots",
    scan: "Escaneja aquesta imatge amb la teva aplicació d'autenticació.",
    picture: "Codi QR per a la teva aplicació d'autenticació",
    orType: "O escriu aquesta clau a l'aplicació:",
    firstCode: "Codi de l'aplicació",
    firstCodeHint: "Les sis xifres que mostra per a aquest compte.",
    turnOn: "Activa",
    wrongCode: "El codi no és correcte. Comprova que el rellotge del mòbil va bé i prova el següent.",
    late: "Aquesta pàgina ha estat oberta massa temps, així que aquí hi ha una imatge nova. Torna-la a escanejar.",
    closeOthers: "Tanca totes les altres connexions",
    closeOthersHint: "Qui més sigui al teu compte haurà de tornar a iniciar la sessió.",
    removeTitle: "Vols treure l'aplicació d'autenticació?",
    removeLast: "A partir de llavors la contrasenya tota sola obre el compte.",
    removeNotLast: "Les teves claus d'accés es queden.",
    removeRequired: "Aquest tauler de control exigeix un segon pas. Afegeix abans un altre mètode.",
    recoveryTitle: "Vols crear deu codis de recuperació?",
    recoveryReplaces: "Els que tens ara deixaran de funcionar.",
    make: "Crea codis",
    codesTitle: "Els teus codis de recuperació",
    codesLead:
      "Imprimeix-los o desa'ls en un gestor de contrasenyes. Només es mostren ara, i cadascun serveix una vegada.",
    codesSaved: "Ja els he desat",
    forgetTitle: "Vols oblidar aquest navegador?",
    forgetAllTitle: "Vols oblidar tots els navegadors?",
    forgetText: "Continua amb la sessió iniciada, però la pròxima vegada comptarà com un navegador nou.",
    forgetAllText: "Continuen amb la sessió iniciada, però la pròxima vegada comptaran com navegadors nous.",
    back: "Torna als mètodes d'accés",
    authenticatorOn:
      "L'aplicació d'autenticació està activada. Crea també codis de recuperació, per si perds el mòbil.",
    authenticatorOff: "S'ha tret l'aplicació d'autenticació.",
    browserForgotten: "Fet. El pròxim inici de sessió des d'allà comptarà com el d'un navegador nou.",
    required: "Aquest tauler de control exigeix un segon pas. Afegeix-ne un per continuar.",
    names: {
      "password": "Contrasenya",
      "password+code": "Contrasenya i aplicació d'autenticació",
      "password+recovery": "Contrasenya i codi de recuperació",
      "passkey": "Clau d'accés",
      "link": "Enllaç d'un sol ús",
      "host": "L'inici de sessió del tauler",
    },
    passkeyNamed: (name) => `Clau d'accés «${name}»`,
  },

  preferences: {
    title: "Preferències",
    lead: "Es desen amb el teu compte i valen a qualsevol navegador on iniciïs la sessió.",
    zone: "Fus horari",
    zoneHint: "Tria una ciutat que tingui la teva mateixa hora.",
    detectZone: "Detecta'l la pròxima vegada que iniciï la sessió",
    regions: {
      Africa: "Àfrica",
      America: "Amèrica",
      Antarctica: "Antàrtida",
      Arctic: "Àrtic",
      Asia: "Àsia",
      Atlantic: "Atlàntic",
      Australia: "Austràlia",
      Europe: "Europa",
      Indian: "Índic",
      Pacific: "Pacífic",
    },
    browserZone: "Fes servir el d'aquest navegador:",
    language: "Llengua",
    asInBrowser: "La del navegador",
    theme: "Tema",
    asInSystem: "El del sistema",
    themes: { light: "Clar", dark: "Fosc" },
    mailPlaces: "Correu sobre llocs nous",
    mailPlacesHint:
      "Quan el teu compte es faci servir des d'un país, una xarxa o un dispositiu nous. Els altres avisos de seguretat no es poden desactivar.",
    submit: "Desa les preferències",
    saved: "S'han desat les teves preferències.",
  },

  mail: {
    subject: (brand, subject) => `${brand}: ${subject}`,
    account: "Compte",
    when: "Quan",
    why: "Motiu",
    method: "Mètode",
    device: "Dispositiu",
    country: "País",
    ip: "Adreça IP",
    unusual: {
      subject: "connexió inusual al teu compte",
      lead: "Hi ha hagut una connexió inusual al teu compte.",
      advice:
        "Si vas ser tu, no cal que facis res. Si no, obre aquesta pàgina, respon «No, no he estat jo» i tria una contrasenya nova:",
    },
    moved: {
      subject: "el teu compte s'ha fet servir des d'un lloc nou",
      lead: "Un navegador amb la sessió iniciada al teu compte s'ha fet servir des d'un lloc nou.",
      advice:
        "Si vas ser tu, no cal que facis res. Si no, obre aquesta pàgina, respon «No, no he estat jo» i tria una contrasenya nova:",
    },
    too_many_attempts: {
      subject: "connexió tancada per contrasenyes incorrectes",
      lead:
        "Des d'una connexió al teu compte s'han escrit deu contrasenyes incorrectes seguides, i per això s'ha tancat.",
      advice: "Si no vas ser tu, obre aquesta pàgina, respon «No, no he estat jo» i tria una contrasenya nova:",
    },
    locked: {
      subject: "massa inicis de sessió fallits al teu compte",
      lead:
        "Hi ha hagut massa intents fallits d'iniciar la sessió al teu compte. Durant 24 hores només s'hi pot entrar des de navegadors i xarxes coneguts.",
      advice: "No hi ha entrat ningú. Aquí tens els intents:",
    },
    password_changed: {
      subject: "la teva contrasenya ha canviat",
      lead: "S'ha canviat la contrasenya del teu compte.",
      byAdministrator: "L'administrador ha canviat la contrasenya del teu compte, o s'ha canviat amb un enllaç seu.",
      advice:
        "Si no t'ho esperaves, demana una contrasenya nova a la pàgina d'inici de sessió i avisa l'administrador. Aquí tens què ha passat al teu compte:",
    },
    password_recovered: {
      subject: "la teva contrasenya s'ha canviat amb un enllaç",
      lead:
        "Algú ha canviat la contrasenya del teu compte amb un enllaç enviat a aquesta adreça. S'han tancat totes les connexions.",
      advice:
        "Si no vas ser tu, potser algú més llegeix el teu correu: demana ajuda a l'administrador de seguida. Aquí tens què ha passat al teu compte:",
    },
    method_added: {
      subject: "s'ha afegit un mètode d'inici de sessió",
      lead: "S'ha afegit al teu compte una manera d'iniciar la sessió.",
      advice: "Si no vas ser tu, treu-la i tria una contrasenya nova. Aquí tens què ha passat al teu compte:",
    },
    method_removed: {
      subject: "s'ha tret un mètode d'inici de sessió",
      lead: "S'ha tret del teu compte una manera d'iniciar la sessió.",
      byAdministrator:
        "L'administrador ha tret totes les maneres d'iniciar la sessió al teu compte menys la contrasenya.",
      advice: "Si no vas ser tu, tria una contrasenya nova. Aquí tens què ha passat al teu compte:",
    },
    methods: {
      authenticator: "Aplicació d'autenticació",
      passkey: "Clau d'accés",
      recovery_codes: "Codis de recuperació",
    },
    forgotten: {
      subject: "tria una contrasenya nova",
      lead: "Algú, probablement tu, ha demanat una contrasenya nova per a aquest compte.",
      advice: "Tria-la amb aquest enllaç, que funciona una sola vegada, durant 30 minuts:",
      ignore: "Si no vas ser tu, no cal que facis res: la teva contrasenya continua sent la mateixa.",
    },
    email_requested: {
      subject: "confirma la teva adreça de correu",
      lead: "Algú vol fer servir aquesta adreça per al seu compte.",
      advice: "Si ets tu, confirma-ho amb aquest enllaç, que funciona una sola vegada, durant 24 hores:",
      ignore: "Si no ets tu, no cal que facis res: l'adreça no es farà servir.",
    },
    email_changed: {
      subject: "l'adreça de correu del teu compte ha canviat",
      lead: "El compte que tenia aquesta adreça ara en té una altra, i els seus correus arribaran allà.",
      byAdministrator: "L'administrador ha donat una altra adreça al compte que tenia aquesta.",
      takenBack:
        "El compte que tenia aquesta adreça torna a tenir l'anterior: s'ha fet servir l'enllaç que hi vam enviar. S'han tancat totes les connexions. Si no vas ser tu, potser algú més llegeix el correu de l'adreça anterior: demana ajuda a l'administrador com més aviat millor.",
      advice:
        "Si no vas ser tu, recupera l'adreça amb aquest enllaç, que funciona durant 7 dies. Tanca totes les connexions i demana una contrasenya nova:",
      ignore: "Si vas ser tu, no cal que facis res.",
    },
    summary: {
      subject: (events) => `${count(events, "avís més", "avisos més")} del teu compte`,
      lead: "Han passat tantes coses al teu compte que aquest correu només dona els totals:",
      advice: "Aquí ho tens tot:",
    },
    counted: {
      unusual: (events) => `Connexions inusuals: ${number(events)}`,
      moved: (events) => `Usos des de llocs nous: ${number(events)}`,
      too_many_attempts: (events) => `Connexions tancades per contrasenyes incorrectes: ${number(events)}`,
      locked: (events) => `Bloquejos per intents fallits: ${number(events)}`,
      password_changed: (events) => `Canvis de contrasenya: ${number(events)}`,
      password_recovered: (events) => `Contrasenyes canviades amb un enllaç: ${number(events)}`,
      method_added: (events) => `Mètodes d'inici de sessió afegits: ${number(events)}`,
      method_removed: (events) => `Mètodes d'inici de sessió trets: ${number(events)}`,
    },
    reason: {
      places:
        "Reps aquest correu perquè tens un compte. Pots desactivar els avisos de llocs nous a les teves preferències.",
      always: "Reps aquest correu perquè tens un compte. Els avisos de seguretat no es poden desactivar.",
    },
  },

  problems: {
    noEmail: "Escriu el teu correu electrònic.",
    badEmail: "Això no és un correu electrònic. Ha de ser com tu@example.com.",
    emailTooLong: "És massa llarg per a un correu electrònic.",
    noPassword: "Escriu la teva contrasenya.",
    noCode: "Escriu el codi.",
    badCode: "És massa llarg per a un codi.",
    noName: "Escriu un nom.",
    nameTooLong: "Aquest nom és massa llarg.",
    noCurrentPassword: "Escriu la teva contrasenya actual.",
    noNewPassword: "Escriu una contrasenya nova.",
    noNewPasswordAgain: "Torna a escriure la contrasenya nova.",
    passwordTooLong: "La contrasenya és massa llarga.",
    badTimeZone: "No hi ha cap fus horari amb aquest nom. Tria'n un de la llista, com Europe/Madrid.",
    badLanguage: "Tria una d'aquestes llengües.",
    badTheme: "Tria un d'aquests temes.",
    badState: "«Estat» ha de ser open, closed, refused, unusual o unreviewed",
    badCountry: "«País» ha de ser el codi de dues lletres d'un país, private o none",
    badFrom: "«Des de» ha de ser un dia com 2026-11-23",
    badTo: "«Fins a» ha de ser un dia com 2026-11-23",
    badOrder: "El dia de «Des de» és posterior al de «Fins a»",
    badIp: `«Adreça IP» ha de ser una adreça, el començament d'una (81.40.12) o un rang com 81.40.12.0/24`,
    badFor: "«for» ha de ser spreadsheet, o no hi ha de ser",
    badCursor: "L'enllaç a connexions anteriors estava malmès, i per això aquestes són les més recents",
  },

  refused: {
    limited: (wait) => `Massa intents. Espera ${wait} i torna-ho a provar.`,
    locked: (wait) =>
      `Hi ha hagut massa intents fallits seguits, i el compte està bloquejat temporalment. Espera ${wait}, o demana a l'administrador que et posi una contrasenya nova.`,
    lockedWithMail: (wait) =>
      `Hi ha hagut massa intents fallits seguits, i el compte està bloquejat temporalment. Espera ${wait}, o tria una contrasenya nova a «Has oblidat la contrasenya?».`,
    busy: "Ara mateix s'estan comprovant moltes contrasenyes. Torna-ho a provar d'aquí a uns segons.",
  },

  errors: {
    home: "Ves a l'historial de connexions",
    notFound: { title: "No s'ha trobat la pàgina", text: "Aquesta pàgina o connexió no existeix, o no és teva." },
    usedLink: {
      title: "Aquest enllaç ja no funciona",
      text: "Ja s'ha fet servir, o és massa antic. Demana'n un de nou a l'administrador d'aquest tauler.",
    },
    usedMailedLink: {
      title: "Aquest enllaç ja no funciona",
      text:
        "Ja s'ha fet servir, o és massa antic. Inicia la sessió, o demana un altre enllaç a «Has oblidat la contrasenya?».",
    },
    unreadable: { title: "Sol·licitud no vàlida", text: "Torna enrere i torna-ho a provar." },
    unavailable: {
      title: "No disponible ara mateix",
      text: "El servei no respon. Torna-ho a provar d'aquí a uns segons.",
    },
    crash: (request) => ({
      title: "S'ha produït un error",
      text: `No és culpa teva. Si torna a passar, digues aquest número a l'administrador: ${request}`,
    }),
    otherHost: (origin) => ({ title: "Adreça equivocada", text: `L'adreça d'aquest lloc és ${origin}.` }),
    otherProxy: {
      title: "Només per al servidor intermediari",
      text: "Aquesta adreça només respon als de TRUSTED_PROXIES.",
    },
    otherPanel: (origin) => ({
      title: "Adreça equivocada",
      text: `Aquí només es protegeix ${origin}, i cap altre lloc.`,
    }),
    badTicket: {
      title: "Aquest inici de sessió ja no serveix",
      text: "Ja s'ha fet servir, o és massa antic. Torna a iniciar la sessió.",
      link: "Inicia la sessió",
    },
    signedOut: {
      title: "No has iniciat la sessió",
      text: "No s'ha fet res. Inicia la sessió i torna-ho a provar.",
      link: "Inicia la sessió",
    },
    method: { title: "Operació no permesa", text: "Aquesta adreça no es pot fer servir d'aquesta manera." },
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
    tooManyDownloads: "Ja hi ha dues baixades del teu historial en marxa. Espera que n'acabi una i torna-ho a provar.",
    notDone: "No s'ha pogut fer",
    noCookie: "El teu navegador no ha retornat cap galeta. Permet les galetes d'aquest lloc i torna-ho a provar.",
    oldForm:
      "Feia massa temps que aquesta pàgina era oberta, o era d'una altra sessió. No s'ha fet res: torna-ho a provar.",
  },
};

/** The 1st and the 11th begin with a vowel: "de l'11 nov." */
function ofDay(day: string): string {
  return /^11?\b/.test(day) ? `de l'${day}` : `del ${day}`;
}

function toDay(day: string): string {
  return /^11?\b/.test(day) ? `a l'${day}` : `al ${day}`;
}
