import { describe, expect, it } from 'vitest'
import { maskLog } from '../../../../lib/ingestion/sync/mask-log.ts'

const secret = 'S3cr3t!x'

describe('maskLog', () => {
  it.each([
    ['JSON', `{"host":"h","password":"${secret}","port":1}`, '{"host":"h","password":"**********","port":1}'],
    ['JSON within JSON', `"{\\"api_key\\": \\"${secret}\\"}"`, '"{\\"api_key\\": \\"**********"'],
    ['a query', `GET /x?access_token=${secret}&page=2`, 'GET /x?access_token=**********&page=2'],
    ['an environment', `AWS_SECRET_ACCESS_KEY=${secret}`, 'AWS_SECRET_ACCESS_KEY=**********'],
    ['a connection string', `password=${secret} host=h`, 'password=********** host=h'],
    ['an address', `postgres://bob:p@${secret}@db:5432/x`, 'postgres://bob:**********@db:5432/x'],
    ['a header', `Authorization: Bearer ${secret}ABCDEF`, 'Authorization: Bearer **********'],
    ['an AWS key id', 'key AKIAABCDEFGHIJKLMNOP used', 'key ********** used'],
    ['a JWT', 'got eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc-DEF_1', 'got **********'],
  ])('%s', (_, line, masked) => expect(maskLog([line])).toEqual([masked]))

  it.each([
    '2025-01-01 12:00:00 INFO source > Read 1000 records from stream public.orders',
    'The password of user bob is wrong',
    'https://docs.airbyte.com/understanding',
  ])('leaves alone: %s', (line) => {
    expect(maskLog([line])).toEqual([line])
  })

  it('a private key over several lines', () =>
    expect(
      maskLog(['a', '-----BEGIN RSA PRIVATE KEY-----', 'MIIEpAIBAAK', '-----END RSA PRIVATE KEY-----', 'b']),
    ).toEqual(['a', '**********', '**********', '**********', 'b']))

  it('a line of 10 MB is cut in no time', () => {
    const [line = ''] = maskLog(['a'.repeat(10_000_000)])
    expect(line.length).toBeLessThan(5_000)
  })
})
