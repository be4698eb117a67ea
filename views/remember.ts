/** Keeps what `make` made for each key, as long as those are not more than `most`. */
export function remember<Key, Value>(make: (key: Key) => Value, most = 10_000): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined || made.has(key)) return known as Value;
    if (made.size >= most) made.clear();
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
