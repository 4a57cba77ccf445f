/** All digits that tell the value from others, and the sign of a zero. */
export const float64Text = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** As few digits as tell it from other 32-bit floats: 0.1, not the 0.10000000149011612 of the same double. */
export const float32Text = (value: number): string => {
  if (value === 0) return float64Text(value)
  for (let digits = 1; digits < 10; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(value)
}
