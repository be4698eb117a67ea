import { countingIn } from "../counts.ts";
import type { Wording } from "./en.ts";

const { count, list, number, pick } = countingIn("es");

/** Addresses the reader as "tú". A connection is closed ("cerrar"), an attempt is an "intento", the operator is the "administrador". */
export const es: Wording = {
  brand: "Panel de control",

  layout: {
    skip: "Saltar al contenido",
    lost: "No hay respuesta del servidor. Comprueba tu conexión a Internet e inténtalo de nuevo.",
    dismiss: "Descartar",
    menu: "Gestión de usuario",
    area: "Usuario y seguridad",
    signOut: "Cerrar sesión",
    attribution: (link) => [
      "Este producto incluye datos GeoLite2 creados por MaxMind, disponibles en ",
      link,
      ".",
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
    unknownIp: "Dirección desconocida",
    alone: { country: "País desconocido", ip: "dirección desconocida" },
  },
  device: { unknown: "Dispositivo desconocido", on: (browser, system) => `${browser} en ${system}` },
  states: { open: "Abierta", closed: "Cerrada", refused: "Rechazada", unusual: "Inusual", unreviewed: "Por revisar" },

  field: { showPassword: "Mostrar contraseña", hidePassword: "Ocultar contraseña" },

  signIn: {
    title: "Iniciar sesión",
    noUsers: (command) => ["Todavía no hay ninguna cuenta. El administrador crea la primera con ", command],
    email: "Correo electrónico",
    password: "Contraseña",
    submit: "Iniciar sesión",
    forgotten: "¿Has olvidado tu contraseña? Pide al administrador de este panel que te ponga una nueva.",
    forgottenLink: "¿Has olvidado tu contraseña?",
    wrong: "El correo electrónico o la contraseña no son correctos. Revísalos e inténtalo de nuevo.",
    ended: {
      signed_out: (when) => `Cerraste la sesión el ${when}.`,
      closed: (when) => `Esta conexión se cerró desde otra el ${when}. Inicia sesión para abrir una nueva.`,
      expired: (when) => `Esta conexión caducó el ${when}. Inicia sesión para abrir una nueva.`,
      password_changed: (when) =>
        `Esta conexión se cerró el ${when}, al cambiar la contraseña. Inicia sesión con la nueva.`,
      closed_by_operator: (when) =>
        `El administrador cerró esta conexión el ${when}. Inicia sesión para abrir una nueva.`,
      replaced: (when) =>
        `Esta conexión se cerró el ${when}: la cuenta tenía demasiadas abiertas, y esta era la más antigua.`,
      too_many_attempts: (when) =>
        `Esta conexión se cerró el ${when}, tras demasiadas contraseñas incorrectas. Inicia sesión para abrir una nueva.`,
      password_set: (when) =>
        `La contraseña se cambió el ${when} con un enlace de un solo uso. Inicia sesión con la nueva.`,
      renewed: (when) =>
        `Introdujiste la contraseña el ${when}, pero la respuesta no llegó a este navegador. Inicia sesión otra vez.`,
    },
  },

  ticket: {
    title: "¿Continuar?",
    heading: (email) => `¿Continuar como ${email}?`,
    text: "Has llegado aquí desde otro sitio. Continúa solo si esta cuenta es tuya.",
    submit: "Continuar",
  },

  signOut: {
    title: "¿Cerrar la sesión?",
    text: (email) => ["Has iniciado sesión como ", email, "."],
  },

  history: {
    title: "Historial de conexiones",
    nobodyElse: "Nadie más ha iniciado sesión en tu cuenta.",
    onlyThis: "Solo está abierta esta conexión.",
    open: (connections, strong) => [
      "Ahora hay ",
      strong(count(connections, "conexión abierta", "conexiones abiertas")),
      ", incluida esta.",
    ],
    unreviewed: (connections) =>
      `${count(connections, "conexión inusual necesita", "conexiones inusuales necesitan")} tu revisión.`,
    review: "Revisar",
    passwordDue: "Dijiste que otra persona estaba en tu cuenta. Elige una contraseña nueva.",
    download: "Descargar CSV",
    forSpreadsheets: "Para hojas de cálculo",
    downloadForSpreadsheets: "Descargar para hojas de cálculo",
    rows: (rows) => count(rows, "fila", "filas"),
    moreThanRows: (rows) => `más de ${count(rows, "fila", "filas")}`,
    results: (rows) => count(rows, "resultado", "resultados"),
    moreThanResults: (rows) => `más de ${count(rows, "resultado", "resultados")}`,
    soFar: (rows) => `${rows} por ahora`,
    closeAll: "Cerrar conexiones abiertas",
    noOther: "No hay ninguna otra conexión abierta",
    leftOut: (problems, fields) =>
      `${problems.join(". ")}. ${pick(fields, "No se ha tenido", "No se han tenido")} en cuenta.`,
    openNow: "Abiertas ahora",
    earlier: "Anteriores",
    allOpen: (connections) =>
      connections === null ? "Todas las conexiones abiertas" : `Las ${number(connections)} conexiones abiertas`,
    caption: "Conexiones a tu cuenta",
    date: "Fecha",
    ip: "Dirección IP",
    country: "País",
    device: "Dispositivo",
    state: "Estado",
    zone: (zone) => `Zona horaria: ${zone}`,
    searched: (rows) => pick(rows, "Se ha revisado 1 fila.", `Se han revisado ${number(rows)} filas.`),
    older: "Conexiones anteriores",
    keepSearching: "Seguir buscando",
    noOlder: "No hay nada anterior.",
  },

  row: {
    current: "Esta conexión",
    times: (ago, lastSeen) => `${ago}\u00a0· última\u00a0actividad ${lastSeen}`,
    timesRefused: (ago, lastAttempt) => `${ago}\u00a0· último\u00a0intento ${lastAttempt}`,
    reasons: {
      signed_out: "Sesión cerrada",
      closed: "Cerrada desde otra conexión",
      expired: "Caducada",
      password_changed: "Cerrada al cambiar la contraseña",
      closed_by_operator: "Cerrada por el administrador",
      replaced: "Cerrada: demasiadas abiertas",
      too_many_attempts: "Cerrada tras demasiadas contraseñas incorrectas",
      password_set: "Contraseña cambiada con un enlace de un solo uso",
      wrong_password: "Contraseña incorrecta",
      wrong_confirmation: "Contraseña incorrecta con la sesión abierta",
      wrong_code: "Código incorrecto",
      wrong_passkey: "Clave de acceso incorrecta",
      too_many_tries: "Demasiados intentos",
      locked: "Cuenta bloqueada 24 horas",
    },
    closedHere: "Cerrada desde este navegador",
    closedFrom: (device) => `Cerrada desde ${device}`,
    lasted: (duration) => `abierta\u00a0${duration}`,
    refused: (reason, attempts, addresses) =>
      `${reason} (${number(attempts)}${addresses > 1 ? ` desde ${number(addresses)} direcciones` : ""})`,
    unusual: {
      new_country: (country) => `País nuevo: ${country}`,
      new_network_and_device: () => "Red y dispositivo nuevos",
      after_refusals: () => "Tras intentos rechazados",
      moved_country: (_, { country }) => `Usada desde un país nuevo${country ? `: ${country}` : ""}`,
      moved_device: (_, { device }) => `Usada en otro dispositivo${device ? `: ${device}` : ""}`,
      wrong_confirmations: () => "Demasiadas contraseñas incorrectas",
      recovery_code: () => "Abierta con un código de recuperación",
      passkey_copied: () => "Clave de acceso copiada",
    },
    verdict: { me: "Dijiste: he sido yo", not_me: "Dijiste: no he sido yo" },
    close: "Cerrar",
    closeWhich: (device, ip, time) => `la conexión desde ${device}, ${ip}, ${time}`,
    wasThisYou: "¿Has sido tú?",
    last: (place) => ["última: ", place],
    lastOf: (addresses) => `última de ${number(addresses)} direcciones`,
  },

  chart: {
    show: "Día a día",
    skip: "Saltar el gráfico",
    today: "hoy",
    last: (days) => `En los últimos ${number(days)} días: `,
    lastOfAll: (days) => `Toda la cuenta, últimos ${number(days)} días: `,
    nothing: "nada",
    opened: (connections) => count(connections, "conexión", "conexiones"),
    connections: (connections) => count(connections, "conexión", "conexiones"),
    moreThanConnections: (connections) => `más de ${count(connections, "conexión", "conexiones")}`,
    newestDrawn: (connections) => `se muestran las ${number(connections)} más recientes`,
    perDay: (max) => `hasta ${number(max)} al día`,
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
    repeated: (field) => `«${field}» ha llegado más de una vez`,
    soFarTitle: "Nada por ahora",
    soFar: "Aún queda historial por revisar.",
    beginningTitle: "No hay nada anterior",
    beginning: "Aquí empieza el historial de tu cuenta.",
    newest: "Ir a las conexiones más recientes",
    emptyTitle: "Sin resultados",
    emptyOne: "Ninguna conexión coincide con el filtro.",
    emptyAll: "Ninguna conexión cumple todos los filtros. Prueba a quitar uno:",
    without: (filter) => `Sin «${filter}»`,
    showAllConnections: "Ver todas las conexiones",
  },

  live: {
    stale: "Esta página no se actualiza desde las {time}.",
    status: (open, unreviewed, refused, days) =>
      [
        pick(open, "Hay 1 conexión abierta.", `Hay ${number(open)} conexiones abiertas.`),
        unreviewed > 0 &&
        pick(
          unreviewed,
          "1 conexión inusual necesita tu revisión.",
          `${number(unreviewed)} conexiones inusuales necesitan tu revisión.`,
        ),
        refused > 0 &&
        `${count(refused, "intento rechazado", "intentos rechazados")} en los últimos ${number(days)} días.`,
      ].filter(Boolean).join(" "),
    pause: "Pausar las actualizaciones",
    changed: "El historial ha cambiado.",
    show: "Ver las conexiones más recientes",
  },

  confirmation: {
    password: "Tu contraseña",
    passwordOld: "Por seguridad, vuelve a introducirla: la última vez fue hace más de 5 minutos.",
    passwordRequired: "Por seguridad, vuelve a introducirla.",
    wrong: "Esta no es tu contraseña. Revísala e inténtalo de nuevo.",
    proveElsewhere: "Por seguridad, demuestra otra vez que eres tú:",
    signInAgain: "Iniciar sesión de nuevo",
    signInFirst: "No se ha hecho nada. Antes, inicia sesión de nuevo.",
    notConfirmed: "No se ha hecho nada. Antes, confirma que eres tú.",
    back: "Volver al historial",
    since: (time, zone) => ["Desde el ", time, ` (${zone})`],
    isCurrent: "Esta es la conexión que estás usando",
  },

  closing: {
    titleAll: "Cerrar conexiones abiertas",
    titleOne: (device) => `Cerrar la conexión desde ${device}`,
    nothingTitle: "No hay nada más abierto",
    nothing: "Esta conexión es la única abierta, así que no hay nada que cerrar.",
    askAll: (connections) => `¿Cerrar ${count(connections, "conexión abierta", "conexiones abiertas")}?`,
    all: (connections) => pick(connections, "Cerrarla", `Cerrar las ${number(connections)}`),
    more: (connections) => `Y ${count(connections, "conexión más", "conexiones más")}.`,
    signInAgain: (connections, hasPassword) =>
      `${pick(connections, "Tendrá", "Tendrán")} que volver a iniciar sesión${
        hasPassword ? " con tu contraseña" : ""
      }.`,
    cannotUndo: "Esto no se puede deshacer.",
    staysIn: "En este navegador seguirás con la sesión iniciada.",
    signOutInstead: "Para terminarla, cierra la sesión.",
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
    notYours: "Si no era tuya, cambia tu contraseña.",
    named: (named, more) => `: ${named.join(", ")}${more > 0 ? ` y ${number(more)} más` : ""}`,
  },

  review: {
    pageTitle: (device) => `¿Has sido tú? ${device}`,
    current:
      "Estás usando esta conexión. Introduce tu contraseña para confirmar que es tuya; si no lo es, cierra la sesión.",
    nothingTitle: "Aquí no hay nada inusual",
    reviewed: {
      me: "Dijiste que habías sido tú. Si no es así, dilo ahora.",
      not_me: "Dijiste que no habías sido tú. Si sí lo fuiste, introduce tu contraseña y dilo.",
    },
    title: "¿Has sido tú?",
    later: "Decidir más tarde",
    notMe: "No, no he sido yo",
    me: "Sí, he sido yo",
    networks: (networks) => pick(networks, "esta red", "estas redes"),
    meMeans: (known) =>
      known.length === 0
        ? "Ya no se marcará como inusual."
        : `A partir de ahora reconoceremos ${list(known)}, y no lo marcaremos como inusual.`,
    notMeMeans: (hasPassword) =>
      `Todas las demás conexiones se cerrarán al momento${
        hasPassword ? " y te pediremos una contraseña nueva" : ""
      }. En este navegador seguirás con la sesión iniciada.`,
    reasons: {
      new_country: (country) => `Fue la primera conexión a tu cuenta desde este país: ${country}.`,
      new_network_and_device: () => "Tanto la red como el dispositivo eran nuevos para tu cuenta.",
      after_refusals: () =>
        "Llegó justo después de intentos rechazados: puede que alguien probara contraseñas hasta acertar.",
      moved_country: (_, { country }) =>
        `Se usó desde un país nuevo para tu cuenta${country ? ` (${country})` : ""}: puede que robaran su cookie.`,
      moved_device: (_, { device }) =>
        `Se usó en un dispositivo distinto del que la abrió${
          device ? ` (${device})` : ""
        }: puede que robaran su cookie.`,
      wrong_confirmations: () => "Se introdujeron diez contraseñas incorrectas seguidas, así que se cerró.",
      recovery_code: () => "Se abrió con un código de recuperación en lugar del segundo paso habitual.",
      passkey_copied: () =>
        "El contador de su clave de acceso retrocedió, como haría el de una copia: puede que alguien la haya clonado.",
    },
    chooseOne: "Elige una de las dos opciones.",
    movedMeanwhile:
      "Esta conexión se ha usado desde otro lugar desde que abriste esta página. Échale un vistazo y decide.",
    nothingChanged: "No se ha cambiado nada: ya habías revisado esta conexión.",
    recognized: (connections) =>
      `${
        pick(
          connections,
          "La conexión queda marcada como tuya",
          `${number(connections)} conexiones como esta quedan marcadas como tuyas`,
        )
      }. Las conexiones desde allí con ese dispositivo ya no se marcarán como inusuales.`,
    chooseNew: "Puede que alguien más sepa tu contraseña: elige ahora una nueva.",
    changeElsewhere: "Puede que alguien más pueda iniciar sesión como tú. Si usas una contraseña, cámbiala ahora.",
  },

  details: {
    title: (device) => `Conexión desde ${device}`,
    opened: "Apertura",
    lastSeen: "Última actividad",
    ended: "Cierre",
    signedIn: "Inicio de sesión con",
    verdict: "Tu revisión",
    noVerdict: "Aún sin revisar",
    close: "Cerrar esta conexión",
    closer: "Cerrada desde",
    wrongPasswords: "Contraseñas incorrectas",
    placesTitle: "Dónde se usó",
    between: (first, last) => [first, " – ", last],
    noBrowser: "No envió ningún User-Agent.",
  },

  spreadsheet: {
    opened: "Apertura",
    lastSeen: "Última actividad",
    closed: "Cierre",
    state: "Estado",
    ended: "Cómo terminó",
    ip: "Dirección IP",
    country: "País",
    device: "Dispositivo",
    userAgent: "User-Agent",
    attempts: "Intentos",
    unusual: "Inusual",
    verdict: "Tu revisión",
    closedFrom: "Cerrada desde",
    addresses: "Direcciones",
    lastIp: "Última dirección IP",
    lastCountry: "Último país",
    method: "Inicio de sesión con",
  },

  password: {
    title: "Contraseña",
    lead:
      "Al cambiar la contraseña se cierran todas las demás conexiones. En este navegador seguirás con la sesión iniciada.",
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
    different: "Las contraseñas no coinciden.",
    problems: {
      too_short: (shortest) =>
        `Usa al menos ${shortest} caracteres. Unas pocas palabras que solo tú relacionas son fáciles de recordar.`,
      too_long: () => "Es demasiado larga. Usa menos caracteres.",
      email: () => "Elige una contraseña que no se base en tu correo electrónico.",
      site: () => "Elige una contraseña que no se base en el nombre de este sitio.",
      common: () => "Esta contraseña es de las primeras que prueban los atacantes. Elige otra.",
    },
  },

  forgotten: {
    title: "Contraseña olvidada",
    lead:
      "Escribe tu correo electrónico. Si hay una cuenta con esa dirección, te enviaremos un enlace para elegir una contraseña nueva.",
    submit: "Enviar el enlace",
    sentTitle: "Revisa tu correo",
    sent:
      "Si hay una cuenta con esta dirección, el mensaje está en camino. Su enlace funciona una sola vez, durante 30 minutos.",
    noMail:
      "¿No llega nada en unos minutos? Mira en la carpeta de spam y revisa la dirección. Solo enviamos unos pocos mensajes por hora: usa el más reciente.",
    again: "Pedir otro enlace",
    back: "Volver al inicio de sesión",
  },

  link: {
    title: "Elige tu contraseña",
    lead: (email) => ["Para la cuenta ", email, ". Este enlace funciona una sola vez."],
    forgottenMeans: "Se cerrarán todas las conexiones a tu cuenta. Si tienes un segundo paso, se mantiene.",
    submit: "Guardar contraseña",
    done: "Se ha guardado tu contraseña. Inicia sesión con ella.",
    emailTitle: "Confirma esta dirección",
    emailLead: (
      email,
    ) => ["¿Usar ", email, " para tu cuenta? A partir de entonces iniciarás sesión con esta dirección."],
    useEmail: "Usar esta dirección",
    notAsked: "Si no lo has pedido tú, cierra esta página: no cambiará nada.",
    emailChanged: "Tu correo electrónico ha cambiado. A partir de ahora inicia sesión con el nuevo.",
    taken: (email) => `Ahora otra cuenta usa ${email}, así que no se ha cambiado nada.`,
    emailTaken: "Elige otra dirección, o pregunta al administrador de este panel.",
    undoTitle: "Deshacer el cambio de dirección",
    undoLead: (email) => ["Tu cuenta vuelve a ", email, ", con una contraseña nueva."],
    undoMeans:
      "Se cerrarán todas sus conexiones y se quitarán los métodos de inicio de sesión añadidos desde el cambio.",
    undo: "Deshacer y guardar contraseña",
    undone:
      "Has recuperado tu dirección y se ha guardado tu contraseña. Inicia sesión y revisa tus métodos de inicio de sesión.",
    undoTaken:
      "Avisa ya al administrador de este panel: puede cerrar las conexiones a tu cuenta y darle otra dirección.",
  },

  email: {
    title: "Correo electrónico",
    lead: "La dirección con la que inicias sesión y a la que te escribimos.",
    current: (email) => ["Tu dirección es ", email, "."],
    new: "Correo electrónico nuevo",
    newHint:
      "Enviaremos allí un enlace. La dirección cambiará cuando abras el enlace y confirmes, y avisaremos a la anterior.",
    submit: "Enviar el enlace",
    pending: (email) => ["Falta que confirmes ", email, ". El enlace que enviamos allí funciona durante 24 horas."],
    noMail: "¿No llega nada? Mira en la carpeta de spam. Si otra cuenta usa esa dirección, no recibe ningún mensaje.",
    again: "Enviar otra vez",
    cancel: "Cancelar el cambio",
    same: "Esta ya es tu dirección. Escribe otra.",
    requested: "El mensaje está en camino a la dirección nueva. Abre su enlace para confirmarla.",
    cancelled: "Se ha cancelado el cambio. Tu dirección sigue siendo la misma.",
    change: "Cambiar el correo electrónico",
  },

  code: {
    title: "Confirma que eres tú",
    lead:
      "Escribe las seis cifras que muestra ahora tu aplicación de autenticación, o uno de tus códigos de recuperación.",
    leadPasskey: "Esta cuenta también pide una clave de acceso o un código de recuperación.",
    code: "Código",
    submit: "Continuar",
    startOver: "Volver a empezar",
    wrong: "El código no es correcto o ya se ha usado. Espera al siguiente y vuelve a intentarlo.",
    over: "Ha habido demasiados códigos incorrectos o ha pasado demasiado tiempo. Vuelve a iniciar sesión.",
  },

  passkey: {
    signIn: "Iniciar sesión con una clave de acceso",
    use: "Usar una clave de acceso",
    done: "La clave de acceso es correcta. Ahora elige.",
    failed: "No se ha usado ninguna clave de acceso. Vuelve a intentarlo o hazlo sin ella.",
    failedNew: "No se ha creado ninguna clave de acceso. Vuelve a intentarlo.",
    known: "Esta clave de acceso ya estaba añadida.",
    unsupported:
      "Este navegador no tiene claves de acceso para esta dirección. Prueba con otro navegador o dispositivo.",
    late: "Esta página ha estado abierta demasiado tiempo. Vuelve a intentarlo.",
    wrong: "No se ha aceptado esta clave de acceso. Vuelve a intentarlo o hazlo sin ella.",
  },

  methods: {
    title: "Métodos de acceso",
    lead: "Lo que abre tu cuenta. Un segundo paso deja fuera a quien solo sepa tu contraseña.",
    added: (when) => ["Añadida el ", when],
    lastUsed: (when) => ["último uso: ", when],
    neverUsed: "sin usar",
    password: "Contraseña",
    passwordText: "Cada inicio de sesión con ella está en tu historial de conexiones.",
    changePassword: "Cambiar la contraseña",
    authenticator: "Aplicación de autenticación",
    authenticatorText: "Una aplicación de tu móvil muestra un código nuevo de seis cifras cada 30 segundos.",
    addAuthenticator: "Añadir una aplicación de autenticación",
    replace: "Configurar otra",
    remove: "Quitar",
    noKey: "Ahora mismo no se puede añadir aquí. Consulta con la administración de este panel de control.",
    passkeys: "Claves de acceso",
    passkeysText: "Tu huella, tu cara o tu PIN abre la cuenta, y la contraseña sola ya no.",
    addPasskey: "Añadir una clave de acceso",
    addPasskeyText:
      "El navegador te pregunta dónde guardarla: en este dispositivo, en tu móvil o en una llave de seguridad.",
    noPasskeys: "No se pueden añadir en esta dirección. Consulta con la administración de este panel de control.",
    needsScript: "Para añadir una clave de acceso hace falta JavaScript.",
    synced: "Sincronizada",
    rename: "Cambiar el nombre",
    whichPasskey: (name) => `de la clave de acceso ${name}`,
    passkeyName: "Nombre",
    passkeyNameHint: "Para reconocerla, como el dispositivo en el que está.",
    renameTitle: "Cambiar el nombre de la clave de acceso",
    removePasskeyTitle: "¿Quitar esta clave de acceso?",
    removePasskeyText: "Ya no abrirá tu cuenta. Bórrala también en tu dispositivo.",
    tooManyPasskeys: "Tienes 20 claves de acceso, que es el máximo. Quita antes una.",
    passkeyAdded: "Se ha añadido la clave de acceso. Crea también códigos de recuperación, por si la pierdes.",
    passkeyRenamed: "Se ha cambiado el nombre de la clave de acceso.",
    passkeyRemoved: "Se ha quitado la clave de acceso.",
    recoveryCodes: "Códigos de recuperación",
    recoveryText: "Cada uno abre tu cuenta una vez, junto con tu contraseña, cuando no tienes nada más a mano.",
    left: (codes) => `${pick(codes, "Queda", "Quedan")} ${number(codes)}`,
    made: (when) => ["creados el ", when],
    noCodes: "No tienes ninguno. Sin ellos, si pierdes el móvil tendrás que acudir a la administración.",
    makeCodes: "Crear códigos de recuperación",
    renewCodes: "Crear otros",
    browsers: "Navegadores conocidos",
    browsersText:
      "Navegadores que ya han iniciado sesión. Las contraseñas incorrectas de extraños no te dejan fuera de ellos.",
    noBrowsers: "No hay ninguno.",
    unknownBrowser: "Un navegador",
    thisBrowser: "Este navegador",
    firstUsed: (when) => ["Desde el ", when],
    forget: "Olvidar",
    forgetWhich: (device) => `el navegador ${device}`,
    forgetAll: "Olvidar todos",
    scan: "Escanea esta imagen con tu aplicación de autenticación.",
    picture: "Código QR para tu aplicación de autenticación",
    orType: "O escribe esta clave en la aplicación:",
    firstCode: "Código de la aplicación",
    firstCodeHint: "Las seis cifras que muestra para esta cuenta.",
    turnOn: "Activar",
    wrongCode: "El código no es correcto. Comprueba que el reloj de tu móvil va bien y prueba con el siguiente.",
    late: "Esta página ha estado abierta demasiado tiempo, así que aquí hay una imagen nueva. Vuelve a escanearla.",
    closeOthers: "Cerrar todas las demás conexiones",
    closeOthersHint: "Quien más esté en tu cuenta tendrá que volver a iniciar sesión.",
    removeTitle: "¿Quitar la aplicación de autenticación?",
    removeLast: "A partir de entonces tu contraseña sola abre la cuenta.",
    removeNotLast: "Tus claves de acceso se quedan.",
    removeRequired: "Este panel de control exige un segundo paso. Añade antes otro método.",
    recoveryTitle: "¿Crear diez códigos de recuperación?",
    recoveryReplaces: "Los que tienes ahora dejarán de funcionar.",
    make: "Crear códigos",
    codesTitle: "Tus códigos de recuperación",
    codesLead: "Imprímelos o guárdalos en un gestor de contraseñas. Solo se muestran ahora, y cada uno sirve una vez.",
    codesSaved: "Los he guardado",
    forgetTitle: "¿Olvidar este navegador?",
    forgetAllTitle: "¿Olvidar todos los navegadores?",
    forgetText: "Sigue con la sesión iniciada, pero la próxima vez contará como un navegador nuevo.",
    forgetAllText: "Siguen con la sesión iniciada, pero la próxima vez contarán como navegadores nuevos.",
    back: "Volver a los métodos de acceso",
    authenticatorOn:
      "La aplicación de autenticación está activada. Crea también códigos de recuperación, por si pierdes el móvil.",
    authenticatorOff: "Se ha quitado la aplicación de autenticación.",
    browserForgotten: "Hecho. El próximo inicio de sesión desde allí contará como el de un navegador nuevo.",
    required: "Este panel de control exige un segundo paso. Añade uno para continuar.",
    names: {
      "password": "Contraseña",
      "password+code": "Contraseña y aplicación de autenticación",
      "password+recovery": "Contraseña y código de recuperación",
      "passkey": "Clave de acceso",
      "link": "Enlace de un solo uso",
      "host": "El inicio de sesión del panel",
    },
    passkeyNamed: (name) => `Clave de acceso «${name}»`,
  },

  preferences: {
    title: "Preferencias",
    lead: "Se guardan con tu cuenta y valen en cualquier navegador donde inicies sesión.",
    zone: "Zona horaria",
    zoneHint: "Elige una ciudad que tenga tu misma hora.",
    detectZone: "Detectarla la próxima vez que inicie sesión",
    regions: {
      Africa: "África",
      America: "América",
      Antarctica: "Antártida",
      Arctic: "Ártico",
      Asia: "Asia",
      Atlantic: "Atlántico",
      Australia: "Australia",
      Europe: "Europa",
      Indian: "Índico",
      Pacific: "Pacífico",
    },
    browserZone: "Usar la de este navegador:",
    language: "Idioma",
    asInBrowser: "El del navegador",
    theme: "Tema",
    asInSystem: "El del sistema",
    themes: { light: "Claro", dark: "Oscuro" },
    mailPlaces: "Correo sobre lugares nuevos",
    mailPlacesHint:
      "Cuando tu cuenta se use desde un país, una red o un dispositivo nuevos. Los demás avisos de seguridad no se pueden desactivar.",
    submit: "Guardar preferencias",
    saved: "Se han guardado tus preferencias.",
  },

  mail: {
    subject: (brand, subject) => `${brand}: ${subject}`,
    account: "Cuenta",
    when: "Cuándo",
    why: "Motivo",
    method: "Método",
    device: "Dispositivo",
    country: "País",
    ip: "Dirección IP",
    unusual: {
      subject: "conexión inusual a tu cuenta",
      lead: "Ha habido una conexión inusual a tu cuenta.",
      advice:
        "Si fuiste tú, no tienes que hacer nada. Si no, abre esta página, responde «No, no he sido yo» y elige una contraseña nueva:",
    },
    moved: {
      subject: "tu cuenta se ha usado desde un lugar nuevo",
      lead: "Un navegador con la sesión iniciada en tu cuenta se ha usado desde un lugar nuevo.",
      advice:
        "Si fuiste tú, no tienes que hacer nada. Si no, abre esta página, responde «No, no he sido yo» y elige una contraseña nueva:",
    },
    too_many_attempts: {
      subject: "conexión cerrada por contraseñas incorrectas",
      lead:
        "Desde una conexión a tu cuenta se han escrito diez contraseñas incorrectas seguidas, así que se ha cerrado.",
      advice: "Si no fuiste tú, abre esta página, responde «No, no he sido yo» y elige una contraseña nueva:",
    },
    locked: {
      subject: "demasiados inicios de sesión fallidos en tu cuenta",
      lead:
        "Ha habido demasiados intentos fallidos de iniciar sesión en tu cuenta. Durante 24 horas solo se puede entrar desde navegadores y redes conocidos.",
      advice: "Nadie ha entrado. Aquí tienes los intentos:",
    },
    password_changed: {
      subject: "tu contraseña ha cambiado",
      lead: "Se ha cambiado la contraseña de tu cuenta.",
      byAdministrator: "El administrador ha cambiado la contraseña de tu cuenta, o se ha cambiado con un enlace suyo.",
      advice:
        "Si no te lo esperabas, pide una contraseña nueva en la página de inicio de sesión y avisa al administrador. Aquí tienes lo que ha pasado en tu cuenta:",
    },
    password_recovered: {
      subject: "tu contraseña se ha cambiado con un enlace",
      lead:
        "Alguien ha cambiado la contraseña de tu cuenta con un enlace enviado a esta dirección. Se han cerrado todas las conexiones.",
      advice:
        "Si no fuiste tú, puede que alguien más lea tu correo: pide ayuda al administrador cuanto antes. Aquí tienes lo que ha pasado en tu cuenta:",
    },
    method_added: {
      subject: "se ha añadido un método de inicio de sesión",
      lead: "Se ha añadido a tu cuenta una forma de iniciar sesión.",
      advice: "Si no fuiste tú, quítala y elige una contraseña nueva. Aquí tienes lo que ha pasado en tu cuenta:",
    },
    method_removed: {
      subject: "se ha quitado un método de inicio de sesión",
      lead: "Se ha quitado de tu cuenta una forma de iniciar sesión.",
      byAdministrator:
        "El administrador ha quitado todas las formas de iniciar sesión en tu cuenta menos la contraseña.",
      advice: "Si no fuiste tú, elige una contraseña nueva. Aquí tienes lo que ha pasado en tu cuenta:",
    },
    methods: {
      authenticator: "Aplicación de autenticación",
      passkey: "Clave de acceso",
      recovery_codes: "Códigos de recuperación",
    },
    forgotten: {
      subject: "elige una contraseña nueva",
      lead: "Alguien, probablemente tú, ha pedido una contraseña nueva para esta cuenta.",
      advice: "Elígela con este enlace, que funciona una sola vez, durante 30 minutos:",
      ignore: "Si no fuiste tú, no tienes que hacer nada: tu contraseña sigue siendo la misma.",
    },
    email_requested: {
      subject: "confirma tu dirección de correo",
      lead: "Alguien quiere usar esta dirección para su cuenta.",
      advice: "Si eres tú, confírmalo con este enlace, que funciona una sola vez, durante 24 horas:",
      ignore: "Si no eres tú, no tienes que hacer nada: la dirección no se usará.",
    },
    email_changed: {
      subject: "la dirección de correo de tu cuenta ha cambiado",
      lead: "La cuenta que tenía esta dirección ahora tiene otra, y sus correos llegarán allí.",
      byAdministrator: "El administrador ha dado otra dirección a la cuenta que tenía esta.",
      takenBack:
        "La cuenta que tenía esta dirección vuelve a tener la anterior: se ha usado el enlace que enviamos allí. Se han cerrado todas las conexiones. Si no fuiste tú, puede que alguien más lea el correo de la dirección anterior: pide ayuda al administrador cuanto antes.",
      advice:
        "Si no fuiste tú, recupera la dirección con este enlace, que funciona durante 7 días. Cierra todas las conexiones y pide una contraseña nueva:",
      ignore: "Si fuiste tú, no tienes que hacer nada.",
    },
    summary: {
      subject: (events) => `${count(events, "aviso más", "avisos más")} de tu cuenta`,
      lead: "Han pasado tantas cosas en tu cuenta que este correo solo da los totales:",
      advice: "Aquí lo tienes todo:",
    },
    counted: {
      unusual: (events) => `Conexiones inusuales: ${number(events)}`,
      moved: (events) => `Usos desde lugares nuevos: ${number(events)}`,
      too_many_attempts: (events) => `Conexiones cerradas por contraseñas incorrectas: ${number(events)}`,
      locked: (events) => `Bloqueos por intentos fallidos: ${number(events)}`,
      password_changed: (events) => `Cambios de contraseña: ${number(events)}`,
      password_recovered: (events) => `Contraseñas cambiadas con un enlace: ${number(events)}`,
      method_added: (events) => `Métodos de inicio de sesión añadidos: ${number(events)}`,
      method_removed: (events) => `Métodos de inicio de sesión quitados: ${number(events)}`,
    },
    reason: {
      places:
        "Recibes este correo porque tienes una cuenta. Puedes desactivar los avisos de lugares nuevos en tus preferencias.",
      always: "Recibes este correo porque tienes una cuenta. Los avisos de seguridad no se pueden desactivar.",
    },
  },

  problems: {
    noEmail: "Escribe tu correo electrónico.",
    badEmail: "Esto no es un correo electrónico. Tiene que ser como tu@example.com.",
    emailTooLong: "Es demasiado largo para un correo electrónico.",
    noPassword: "Escribe tu contraseña.",
    noCode: "Escribe el código.",
    badCode: "Es demasiado largo para un código.",
    noName: "Escribe un nombre.",
    nameTooLong: "Este nombre es demasiado largo.",
    noCurrentPassword: "Escribe tu contraseña actual.",
    noNewPassword: "Escribe una contraseña nueva.",
    noNewPasswordAgain: "Escribe otra vez la contraseña nueva.",
    passwordTooLong: "La contraseña es demasiado larga.",
    badTimeZone: "No hay ninguna zona horaria con este nombre. Elige una de la lista, como Europe/Madrid.",
    badLanguage: "Elige uno de estos idiomas.",
    badTheme: "Elige uno de estos temas.",
    badState: "«Estado» debe ser open, closed, refused, unusual o unreviewed",
    badCountry: "«País» debe ser el código de dos letras de un país, private o none",
    badFrom: "«Desde» debe ser un día como 2026-11-23",
    badTo: "«Hasta» debe ser un día como 2026-11-23",
    badOrder: "El día de «Desde» es posterior al de «Hasta»",
    badIp: "«Dirección IP» debe ser una dirección, el principio de una (81.40.12) o un rango como 81.40.12.0/24",
    badFor: "«for» debe ser spreadsheet, o no estar",
    badCursor: "El enlace a conexiones anteriores estaba dañado, así que estas son las más recientes",
  },

  refused: {
    limited: (wait) => `Demasiados intentos. Espera ${wait} e inténtalo de nuevo.`,
    locked: (wait) =>
      `Ha habido demasiados intentos fallidos seguidos, así que la cuenta está bloqueada temporalmente. Espera ${wait}, o pide al administrador que te ponga una contraseña nueva.`,
    lockedWithMail: (wait) =>
      `Ha habido demasiados intentos fallidos seguidos, así que la cuenta está bloqueada temporalmente. Espera ${wait}, o elige una contraseña nueva en «¿Has olvidado tu contraseña?».`,
    busy: "Ahora mismo se están comprobando muchas contraseñas. Inténtalo de nuevo en unos segundos.",
  },

  errors: {
    home: "Ir al historial de conexiones",
    notFound: { title: "Página no encontrada", text: "Esta página o conexión no existe, o no es tuya." },
    usedLink: {
      title: "Este enlace ya no funciona",
      text: "Ya se ha usado, o es demasiado antiguo. Pide uno nuevo al administrador de este panel.",
    },
    usedMailedLink: {
      title: "Este enlace ya no funciona",
      text:
        "Ya se ha usado, o es demasiado antiguo. Inicia sesión, o pide otro enlace en «¿Has olvidado tu contraseña?».",
    },
    unreadable: { title: "Solicitud no válida", text: "Vuelve atrás e inténtalo de nuevo." },
    unavailable: {
      title: "No disponible ahora mismo",
      text: "El servicio no responde. Inténtalo de nuevo en unos segundos.",
    },
    crash: (request) => ({
      title: "Se ha producido un error",
      text: `No es culpa tuya. Si vuelve a pasar, dile este número al administrador: ${request}`,
    }),
    otherHost: (origin) => ({ title: "Dirección equivocada", text: `La dirección de este sitio es ${origin}.` }),
    otherProxy: { title: "Solo para el proxy", text: "Esta dirección solo responde a los proxies de TRUSTED_PROXIES." },
    otherPanel: (origin) => ({
      title: "Dirección equivocada",
      text: `Aquí solo se protege ${origin}, y ningún otro sitio.`,
    }),
    badTicket: {
      title: "Este inicio de sesión ya no sirve",
      text: "Ya se ha usado, o es demasiado antiguo. Inicia sesión otra vez.",
      link: "Iniciar sesión",
    },
    signedOut: {
      title: "No has iniciado sesión",
      text: "No se ha hecho nada. Inicia sesión e inténtalo de nuevo.",
      link: "Iniciar sesión",
    },
    method: { title: "Operación no permitida", text: "Esta dirección no se puede usar de esa manera." },
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
    tooManyDownloads: "Ya hay dos descargas de tu historial en marcha. Espera a que termine una e inténtalo de nuevo.",
    notDone: "No se ha podido hacer",
    noCookie: "Tu navegador no ha devuelto ninguna cookie. Permite las cookies de este sitio e inténtalo de nuevo.",
    oldForm:
      "Esta página llevaba demasiado tiempo abierta, o era de otra sesión. No se ha hecho nada: inténtalo de nuevo.",
  },
};
