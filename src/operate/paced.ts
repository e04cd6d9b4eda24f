/** Of the time, what is done again and again for the eye may take: a twentieth. */
const restPerMs = 19

/** `act`, left out while it would take more of the time than that: looking at very many indices takes long. */
export function paced(act: () => void, now: () => number): () => void {
  let restsUntilMs = -Infinity
  return () => {
    const startMs = now()
    if (startMs < restsUntilMs) return
    act()
    const endMs = now()
    restsUntilMs = endMs + restPerMs * (endMs - startMs)
  }
}
