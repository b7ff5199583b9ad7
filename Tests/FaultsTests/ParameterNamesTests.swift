import PellucidFaults
import Testing

@Suite struct `Names of parameters in texts` {
  @Test(arguments: [
    ("take more `steps`", "take more --steps"),
    ("`low` 5 is not below `high` -5", "--low 5 is not below --high -5"),
    ("a `relevance-start` of one", "a --relevance-start of one"),
    ("`steps`", "--steps"),
    ("no name here", "no name here"),
    ("", ""),
    ("a lone ` stays", "a lone ` stays"),
    ("`My scan`.nii and `steps`", "`My scan`.nii and --steps"),
    ("``", "``"),
  ])
  func `are spelt as their reader knows them`(_ text: String, _ wanted: String) {
    #expect(ParameterNames.replaced(in: text) { "--" + $0 } == wanted)
  }
}
