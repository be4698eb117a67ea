/** Keeps what `make` made for each key, as long as those are not more than `most`. */
export function remember<Key, Value>(make: (key: Key) => Value, most = 10_000): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => once(made, most, key, make);
}

/** The same for what is made of an object and something small beside it: kept for as long as somebody keeps the object. */
export function rememberWith<Of extends object, Value>(most = 20): (of: Of, key: string, make: () => Value) => Value {
  const madeOf = new WeakMap<Of, Map<string, Value>>();
  return (of, key, make) => {
    const made = madeOf.get(of) ?? new Map<string, Value>();
    madeOf.set(of, made);
    return once(made, most, key, make);
  };
}

function once<Key, Value>(made: Map<Key, Value>, most: number, key: Key, make: (key: Key) => Value): Value {
  const known = made.get(key);
  if (known !== undefined || made.has(key)) return known as Value;
  if (made.size >= most) made.clear();
  const value = make(key);
  made.set(key, value);
  return value;
}
