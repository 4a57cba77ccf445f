import { expect, it } from 'vitest'
import { stageParameter } from '../../../lib/deploy/stage-parameter.ts'

it('stage parameters add up', () => {
  const first = stageParameter('syncRuleRate=rate(1 day)', undefined)
  expect(stageParameter('syncConnectionId=a=b', first)).toEqual({
    syncRuleRate: 'rate(1 day)',
    syncConnectionId: 'a=b',
  })
})

it.each(['syncRuleEnable=true', 'syncRuleEnabled', '=1'])(
  'one that serverless.yml does not have is refused: %s',
  (text) => {
    expect(() => stageParameter(text, undefined)).toThrow(/name=value, the name one of .*syncRuleEnabled, syncRuleRate/)
  },
)
