import { countingIn } from "../counts.ts";
import type { Wording } from "./en.ts";

const { count, number, pick } = countingIn("es");

/**
 * It says "tú". "Cerrar" is what is done to a connection, and nothing else: who signs out "sale". An attempt to sign in is an "intento",
 * and whoever runs the panel its "administrador".
 */
export const es: Wording = {
  brand: "Panel de control",

  layout: {
    skip: "Saltar al contenido",
    menu: "Gestión de usuario",
    area: "Usuario y seguridad",
    signOut: "Salir",
    attribution: (link) => [
      "Este producto incluye datos GeoLite2 creados por MaxMind, disponibles en ",
      link,
      ". El país es una buena estimación, nunca una prueba.",
    ],
  },

  time: {
    justNow: "ahora mismo",
    lessThanMinute: "menos\u00a0de\u00a0un\u00a0minuto",
    minutes: (minutes) => count(minutes, "minuto", "minutos"),
    hours: (hours) => count(hours, "hora", "horas"),
  },

  place: {
    private: "Red privada",
    unknown: "Desconocido",
    unknownIp: "Desconocida",
    alone: { country: "País desconocido", ip: "dirección desconocida" },
  },
  device: { unknown: "Dispositivo desconocido", on: (browser, system) => `${browser} en ${system}` },
  states: { open: "Abierta", closed: "Cerrada", refused: "Rechazado", unusual: "Inusual" },

  signIn: {
    title: "Iniciar sesión",
    noUsers: (command) => ["Todavía no hay ninguna cuenta. El administrador crea la primera con ", command],
    email: "Correo electrónico",
    password: "Contraseña",
    submit: "Iniciar sesión",
    forgotten: "¿Has olvidado tu contraseña? Pide al administrador de este panel que te ponga una nueva.",
    wrong: "El correo electrónico o la contraseña no son correctos. Revísalos e inténtalo de nuevo.",
    ended: {
      signed_out: (when) => `Saliste el ${when}.`,
      closed: (when) => `Esta conexión se cerró desde otra el ${when}. Inicia sesión para abrir una nueva.`,
      expired: (when) => `Esta conexión caducó el ${when}. Inicia sesión para abrir una nueva.`,
      password_changed: (when) =>
        `Esta conexión se cerró el ${when}, al cambiar la contraseña. Inicia sesión con la nueva.`,
      closed_by_operator: (when) =>
        `El administrador cerró esta conexión el ${when}. Inicia sesión para abrir una nueva.`,
      replaced: (when) =>
        `Esta conexión se cerró el ${when}: la cuenta tenía demasiadas abiertas, y esta era la más antigua.`,
      renewed: (when) =>
        `La contraseña se dio el ${when}, pero la respuesta no llegó a este navegador. Inicia sesión otra vez.`,
    },
  },

  history: {
    title: "Historial de conexiones",
    lead: "Quién se ha conectado a tu cuenta, cuándo y desde dónde.",
    onlyThis: "Solo está abierta esta conexión.",
    open: (connections, strong) => [
      "Ahora hay ",
      strong(count(connections, "conexión abierta", "conexiones abiertas")),
      ", incluida esta.",
    ],
    unanswered: (connections, link) => [
      link(count(connections, "conexión inusual", "conexiones inusuales")),
      pick(connections, " espera tu respuesta.", " esperan tu respuesta."),
    ],
    download: "Descargar CSV",
    rows: (rows) => count(rows, "fila", "filas"),
    moreThanRows: (rows) => `más de ${count(rows, "fila", "filas")}`,
    soFar: (rows) => `${rows} por ahora`,
    closeAll: "Cerrar conexiones abiertas",
    noOther: "No hay ninguna otra conexión abierta",
    leftOut: (problems) =>
      `${problems.join(". ")}. ${pick(problems.length, "No se ha tenido", "No se han tenido")} en cuenta.`,
    caption: "Conexiones a tu cuenta, primero las más recientes",
    date: "Fecha",
    ip: "Dirección IP",
    country: "País",
    device: "Dispositivo",
    state: "Estado",
    zone: (zone) => `Zona horaria: ${zone}`,
    lookedThrough: (rows) => pick(rows, "Se ha revisado 1 fila.", `Se han revisado ${number(rows)} filas.`),
    older: "Conexiones anteriores",
    goOn: "Seguir buscando",
    noOlder: "No hay nada anterior.",
  },

  row: {
    current: "Esta conexión",
    times: (ago, lastSeen) => `${ago}\u00a0· última\u00a0actividad ${lastSeen}`,
    timesRefused: (ago, lastTry) => `${ago}\u00a0· último\u00a0intento ${lastTry}`,
    reasons: {
      signed_out: "Al salir",
      closed: "Desde otra conexión",
      expired: "Caducada",
      password_changed: "Cambio de contraseña",
      closed_by_operator: "Por el administrador",
      replaced: "Demasiadas abiertas",
      wrong_password: "Contraseña incorrecta",
      too_many_tries: "Demasiados intentos",
      locked: "Cuenta bloqueada 24 horas",
    },
    fromHere: "Desde este navegador",
    from: (device) => `Desde ${device}`,
    lasted: (duration) => `duró\u00a0${duration}`,
    refused: (reason, attempts, addresses) =>
      `${reason}: ${count(attempts, "intento", "intentos")}${
        addresses > 1 ? ` desde ${number(addresses)} direcciones` : ""
      }`,
    unusual: {
      new_country: (country) => `País nuevo: ${country}`,
      new_network_and_device: () => "Red y dispositivo nuevos",
      after_refusals: () => "Tras intentos rechazados",
    },
    answered: { me: "Dijiste: fui yo", not_me: "Dijiste: no fui yo" },
    close: "Cerrar",
    closeWhich: (device, ip) => `la conexión de ${device}, ${ip}`,
    wasThisYou: "¿Fuiste tú?",
  },

  days: {
    skip: "Saltar el gráfico",
    today: "hoy",
    last: (days) => `En los últimos ${number(days)} días: `,
    nothing: "nada",
    connections: (connections) => count(connections, "conexión", "conexiones"),
    moreThanConnections: (connections) => `más de ${count(connections, "conexión", "conexiones")}`,
    newestDrawn: (connections) => `se muestran las ${number(connections)} más recientes`,
    perDay: (most) => `hasta ${number(most)} al día`,
    refusedSignIns: (attempts) => count(attempts, "intento rechazado", "intentos rechazados"),
    refused: (attempts) => count(attempts, "intento rechazado", "intentos rechazados"),
    unusual: (connections) => count(connections, "inusual", "inusuales"),
    notCounted: "sin contar",
  },

  filters: {
    name: "Filtrar conexiones",
    submit: "Filtrar",
    active: (filters) => count(filters, "activo", "activos"),
    state: "Estado",
    everyState: "Todos",
    country: "País",
    everyCountry: "Todos",
    from: "Desde",
    to: "Hasta",
    ip: "Dirección IP",
    day: "Día",
    chips: "Filtros activos",
    remove: "Quitar el filtro",
    showAll: "Ver todo",
    title: { from: (day) => `desde el ${day}`, to: (day) => `hasta el ${day}`, older: "anteriores" },
    soFarTitle: "Nada por ahora",
    soFar: "Aún queda historial por revisar.",
    beginningTitle: "No hay nada anterior",
    beginning: "Aquí empieza el historial de tu cuenta.",
    newest: "Ir a las conexiones más recientes",
    emptyTitle: "Nada coincide con este filtro",
    emptyOne: "No hay nada así en tu historial.",
    emptyAll: "Nada en tu historial lo cumple todo. Quita una parte:",
    without: (filter) => `Sin «${filter}»`,
    showAllConnections: "Ver todas las conexiones",
    problems: {
      state: "«Estado» debe ser open, closed, refused o unusual",
      country: "«País» debe ser el código de dos letras de un país, private o none",
      from: "«Desde» debe ser un día como 2026-11-23",
      to: "«Hasta» debe ser un día como 2026-11-23",
      ip: "«Dirección IP» debe ser una dirección, o el principio de una red: 46.16",
      before: "El enlace a conexiones anteriores estaba dañado, así que estas son las más recientes",
      repeated: (field) => `«${field}» ha llegado más de una vez`,
    },
  },

  news: {
    opened: (what) => `Se ha abierto una conexión: ${what}.`,
    openedUnusual: (what) => `Se ha abierto una conexión inusual: ${what}.`,
    openedMany: (connections) =>
      pick(connections, "Se ha abierto una conexión.", `Se han abierto ${number(connections)} conexiones.`),
    closed: (connections) =>
      pick(connections, "Se ha cerrado una conexión.", `Se han cerrado ${number(connections)} conexiones.`),
    refused: (attempts) =>
      pick(
        attempts,
        "Se ha rechazado un intento de inicio de sesión.",
        `Se han rechazado ${number(attempts)} intentos de inicio de sesión.`,
      ),
    show: "Ver las conexiones más recientes",
  },

  confirmation: {
    password: "Tu contraseña",
    passwordHint: "Hace más de 5 minutos que la diste por última vez.",
    wrong: "Esta no es tu contraseña. Revísala e inténtalo de nuevo.",
    lost: "No hubo respuesta. Revisa la red e inténtalo de nuevo.",
    back: "Volver al historial",
    since: (time, zone) => ["Desde el ", time, ` (${zone})`],
    isCurrent: "Esta es la conexión que estás usando",
  },

  closing: {
    titleAll: "Cerrar conexiones abiertas",
    titleOne: (device) => `Cerrar la conexión de ${device}`,
    nothingTitle: "No hay nada más abierto",
    nothing: "Esta conexión es la única abierta, así que no hay nada que cerrar.",
    askAll: (connections) => `¿Cerrar ${count(connections, "conexión abierta", "conexiones abiertas")}?`,
    all: (connections) => pick(connections, "Cerrarla", `Cerrar las ${number(connections)}`),
    more: (connections) => `Y ${count(connections, "conexión más", "conexiones más")}.`,
    signInAgain: (connections) =>
      pick(
        connections,
        "Tendrá que volver a iniciar sesión con tu contraseña.",
        "Tendrán que volver a iniciar sesión con tu contraseña.",
      ),
    staysIn: "En este navegador seguirás con la sesión iniciada.",
    signOutInstead: "Para terminarla, pulsa «Salir».",
    closedTitle: "Esta conexión ya está cerrada",
    ended: (time, zone) => ["Terminó el ", time, ` (${zone}). No queda nada que cerrar.`],
    askOne: "¿Cerrar esta conexión?",
    one: "Cerrarla",
    cancel: "Cancelar",
    nothingWasOpen: "No había nada abierto: las otras conexiones ya estaban cerradas.",
    allClosed: (connections, named) =>
      `${
        pick(
          connections,
          "Se ha cerrado 1 conexión abierta",
          `Se han cerrado ${number(connections)} conexiones abiertas`,
        )
      }${named}.`,
    nothingClosed: "No se ha cerrado nada: esta conexión ya estaba cerrada.",
    oneClosed: (named) => `Se ha cerrado la conexión${named}.`,
    undo: (connections) =>
      `Esto no se puede deshacer: si ${
        pick(connections, "era tuya", "alguna era tuya")
      }, vuelve a iniciar sesión allí. Aquí sigues con la sesión iniciada.`,
    named: (named, more) => `: ${named.join(", ")}${more > 0 ? ` y ${number(more)} más` : ""}`,
  },

  answers: {
    pageTitle: (device) => `¿Fuiste tú? ${device}`,
    current: "No puede responder por sí misma: quien la abrió diría que eres tú. Responde desde otra conexión.",
    nothingTitle: "Aquí no hay nada inusual",
    answeredTitle: "Ya has respondido",
    answered: { me: "Dijiste que fuiste tú.", not_me: "Dijiste que no fuiste tú." },
    title: "¿Fuiste tú?",
    later: "Responder más tarde",
    notMe: "No fui yo",
    me: "Fui yo",
    thisNetwork: "esta red",
    meMeans: (known) =>
      `${known.length === 0 ? "" : `Tu cuenta conocerá desde ahora: ${known.join(", ")}. `}Ya no será inusual.`,
    notMeMeans:
      "Todas las demás conexiones se cierran enseguida, y eliges una contraseña nueva. En este navegador seguirás con la sesión iniciada.",
    reasons: {
      new_country: (country) => `Fue la primera conexión a tu cuenta desde este país: ${country}.`,
      new_network_and_device: () => "Tanto la red como el dispositivo eran nuevos para tu cuenta.",
      after_refusals: () =>
        "Llegó justo después de intentos rechazados: puede que alguien probara contraseñas hasta acertar.",
    },
    chooseOne: "Elige una de las dos respuestas.",
    nothingChanged: "No se ha cambiado nada: esta conexión ya tiene su respuesta.",
    recognized: (connections) =>
      `${
        pick(
          connections,
          "La conexión queda marcada como tuya",
          `${number(connections)} conexiones como esta quedan marcadas como tuyas`,
        )
      }. Lo que venga de allí con ese dispositivo ya no será inusual.`,
    chooseNew: "Puede que alguien más sepa tu contraseña: elige ahora una nueva.",
  },

  password: {
    title: "Contraseña",
    lead:
      "Una contraseña nueva también cierra todas las demás conexiones a tu cuenta. En este navegador seguirás con la sesión iniciada.",
    current: "Contraseña actual",
    new: "Contraseña nueva",
    newHint: (shortest) =>
      `Al menos ${shortest} caracteres, del tipo que sean. Un gestor de contraseñas crea una buena.`,
    again: "Repite la contraseña nueva",
    submit: "Cambiar contraseña",
    changed: "Se ha cambiado tu contraseña.",
    noOther: "No había ninguna otra conexión abierta.",
    othersClosed: (connections) =>
      pick(connections, "Se ha cerrado otra conexión.", `Se han cerrado otras ${number(connections)} conexiones.`),
    wrong: "Esta no es tu contraseña actual. Revísala e inténtalo de nuevo.",
    notChanged: "No se ha cambiado nada: la contraseña o esta conexión han cambiado en el mismo momento.",
    same: "Esta es tu contraseña actual. Elige otra.",
    different: "No es igual que la contraseña nueva de arriba.",
    problems: {
      too_short: (shortest) =>
        `Usa al menos ${shortest} caracteres. Unas pocas palabras que solo tú relacionas son fáciles de recordar.`,
      too_long: () => "Es más larga de lo que aquí puede ser una contraseña. Usa menos caracteres.",
      email: () => "Elige una contraseña que no sea tu correo electrónico.",
      common: () => "Esta contraseña es de las primeras que prueban los atacantes. Elige otra.",
    },
  },

  preferences: {
    title: "Preferencias",
    lead: "Se guardan con tu cuenta y valen en cualquier navegador donde inicies sesión.",
    zone: "Zona horaria",
    zoneHint:
      "Escribe una ciudad por su nombre en inglés y elígela en la lista. Si lo dejas vacío, la fija el próximo inicio de sesión.",
    browserZone: "Usar la de este navegador:",
    language: "Idioma",
    asInBrowser: "El del navegador",
    theme: "Tema",
    asInSystem: "El del sistema",
    themes: { light: "Claro", dark: "Oscuro" },
    submit: "Guardar preferencias",
    saved: "Se han guardado tus preferencias.",
    noZone: "No hay ninguna zona horaria con este nombre. Elige una de la lista, como Europe/Madrid.",
    noLanguage: "Elige uno de estos idiomas.",
    noTheme: "Elige uno de estos temas.",
  },

  typed: {
    email: "Escribe tu correo electrónico.",
    emailTooLong: "Es demasiado largo para un correo electrónico.",
    password: "Escribe tu contraseña.",
    currentPassword: "Escribe tu contraseña actual.",
    newPassword: "Escribe una contraseña nueva.",
    newPasswordAgain: "Escribe otra vez la contraseña nueva.",
    passwordTooLong: "Aquí ninguna contraseña es tan larga.",
  },

  refused: {
    limited: (wait) => `Ha habido demasiados intentos. Espera ${wait} e inténtalo de nuevo.`,
    locked: (wait) =>
      `Ha habido demasiadas contraseñas incorrectas seguidas, así que por un tiempo no se acepta ninguna. Espera ${wait}, o pide al administrador que te ponga una nueva.`,
    busy: "Ahora mismo se están comprobando muchas contraseñas. Inténtalo de nuevo en unos segundos.",
  },

  errors: {
    home: "Ir al historial de conexiones",
    notFound: { title: "Aquí no hay nada", text: "Esta página o conexión no existe, o no es tuya." },
    unreadable: { title: "Esto no se puede leer", text: "Vuelve atrás e inténtalo de nuevo." },
    unavailable: {
      title: "No disponible ahora mismo",
      text: "La base de datos no responde. Inténtalo de nuevo en unos segundos.",
    },
    crash: (request) => ({
      title: "Algo ha fallado aquí",
      text: `No es culpa tuya. Si vuelve a pasar, dile este número al administrador: ${request}`,
    }),
    otherHost: (origin) => ({ title: "Dirección equivocada", text: `Este servidor solo responde en ${origin}.` }),
    method: { title: "Aquí no es posible", text: "Esta dirección no se puede usar de esa manera." },
    longAddress: { title: "Esta dirección es demasiado larga", text: "Acórtala, o empieza de nuevo sin filtro." },
    largeForm: {
      title: "Este formulario es demasiado grande",
      text: "Puede tener 16\u00a0KB como mucho. Acorta lo que has escrito e inténtalo de nuevo.",
    },
    slowForm: { title: "El formulario no ha llegado", text: "La red iba demasiado lenta. Inténtalo de nuevo." },
    noForm: {
      title: "Esto no es un formulario",
      text: "Envía application/x-www-form-urlencoded, como hacen los formularios de aquí.",
    },
    otherOrigin: (origin) => ({
      title: "Este formulario venía de otro sitio",
      text: `Por tu seguridad, solo se aceptan formularios de ${origin}. Ve allí e inténtalo de nuevo.`,
    }),
    notDone: "No se ha podido hacer",
    noCookie: "Tu navegador no ha devuelto ninguna cookie. Permite las cookies de este sitio e inténtalo de nuevo.",
    oldForm:
      "Esta página llevaba demasiado tiempo abierta, o era de otra sesión. No se ha hecho nada: inténtalo de nuevo.",
  },
};
