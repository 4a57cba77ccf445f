import { describe, expect, it } from 'vitest'
import { auth, type TokenRead } from '../../../lib/airbyte/auth.ts'

const signal = new AbortController().signal
const jwt = (expSeconds: number, name = 'a') =>
  `e30.${Buffer.from(JSON.stringify({ exp: expSeconds, name })).toString('base64url')}.s`
const credentials = { mode: 'client_credentials', clientId: 'id', clientSecret: 'secret' } as const

const clocked = (answers: readonly TokenRead[]) => {
  const clock = { nowMs: 0, asked: 0 }
  const under = auth(
    credentials,
    async () => answers[Math.min(clock.asked++, answers.length - 1)] ?? {},
    () => clock.nowMs,
  )
  return { clock, under }
}

describe('auth', () => {
  it.each([
    ['none', { mode: 'none' }, undefined],
    ['basic', { mode: 'basic', username: 'airbyte', password: 'pä:ss' }, 'Basic YWlyYnl0ZTpww6Q6c3M='],
    ['bearer', { mode: 'bearer', token: 't' }, 'Bearer t'],
  ] as const)('%s makes its header', async (_, settings, expected) =>
    expect(await auth(settings, async () => ({})).header(signal)).toBe(expected),
  )

  it('a token is kept until a minute before its own exp', async () => {
    const { clock, under } = clocked([{ access_token: jwt(900) }])
    await under.header(signal)
    clock.nowMs = 839_000
    await under.header(signal)
    expect(clock.asked).toBe(1)
    clock.nowMs = 840_000
    await under.header(signal)
    expect(clock.asked).toBe(2)
  })

  it('expires_in wins over exp', async () => {
    const { clock, under } = clocked([{ access_token: jwt(900), expires_in: 3600 }])
    await under.header(signal)
    clock.nowMs = 3_000_000
    await under.header(signal)
    expect(clock.asked).toBe(1)
  })

  it('a token that lives for a minute is used for half of it', async () => {
    const { clock, under } = clocked([{ access_token: jwt(60) }])
    await under.header(signal)
    clock.nowMs = 29_000
    await under.header(signal)
    expect(clock.asked).toBe(1)
  })

  it('concurrent callers share one request', async () => {
    const { clock, under } = clocked([{ access_token: jwt(900) }])
    await Promise.all(Array.from({ length: 20 }, () => under.header(signal)))
    expect(clock.asked).toBe(1)
  })

  it('a refused token is renewed once, however many calls met the refusal', async () => {
    const { clock, under } = clocked([{ access_token: jwt(900, 'old') }, { access_token: jwt(900, 'new') }])
    const old = await under.header(signal)
    await Promise.all([under.renew(old, signal), under.renew(old, signal)])
    await under.renew(old, signal)
    expect(clock.asked).toBe(2)
    expect(await under.header(signal)).toBe(`Bearer ${jwt(900, 'new')}`)
  })

  it('an answer without a token is a failure that says so', () =>
    expect(clocked([{}]).under.header(signal)).rejects.toThrow(/without an access_token/))
})
