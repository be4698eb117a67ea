/** Caches what `make` returns for each key; starts over when there are more than `max`. */
export function cached<Key, Value>(make: (key: Key) => Value, max = 10_000): (key: Key) => Value {
  const cache = new Map<Key, Value>();
  return (key) => lookUp(cache, max, key, make);
}

/** Caches what is made from an object and a key, for as long as the object lives. */
export function cachedFor<Source extends object, Value>(
  max = 20,
): (source: Source, key: string, make: () => Value) => Value {
  const caches = new WeakMap<Source, Map<string, Value>>();
  return (source, key, make) => {
    const cache = caches.get(source) ?? new Map<string, Value>();
    caches.set(source, cache);
    return lookUp(cache, max, key, make);
  };
}

function lookUp<Key, Value>(cache: Map<Key, Value>, max: number, key: Key, make: (key: Key) => Value): Value {
  const known = cache.get(key);
  if (known !== undefined || cache.has(key)) return known as Value;
  if (cache.size >= max) cache.clear();
  const value = make(key);
  cache.set(key, value);
  return value;
}
