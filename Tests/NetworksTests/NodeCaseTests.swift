import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `ONNX's own node cases` {
  private static let runs = OnnxCase.all.flatMap { NodeCaseRun.all(of: $0) }

  @Test(arguments: runs.filter { NodeCaseGaps.reason(for: $0) == nil })
  func `agree within 1e-5 + 1e-4 of the value, in both memory orders`(run: NodeCaseRun) throws {
    for order in [MemoryOrder.rowMajor, .channelsLast] {
      let answers = try run.answers(order)
      #expect(!answers.isEmpty)
      let rounding = NodeCaseGaps.rounded[run.reference.name] ?? 0
      for (made, wanted) in answers {
        #expect(
          made.isClose(to: wanted, absolute: max(1e-5, rounding), relative: max(1e-4, rounding)),
          "\(order): \(made.worst(against: wanted))")
      }
    }
  }

  @Test(arguments: runs.filter { NodeCaseGaps.reason(for: $0) != nil })
  func `of forms that are lacking are refused`(run: NodeCaseRun) throws {
    #expect(throws: PellucidError.self, "it runs now: take it out of NodeCaseGaps") { try run.answers(.rowMajor) }
  }

  @Test func `are all run or named as lacking`() {
    let types = Set(OnnxCase.all.map(\.operation))
    let lacking = types.filter { !NodeCaseRun.engineTypes.contains($0) && !ConstantFolding.knows($0) }
    #expect(lacking.isEmpty, "operators that cannot be run")
    let idle = OnnxCase.all.filter { !lacking.contains($0.operation) && NodeCaseRun.all(of: $0).isEmpty }
    #expect(Set(idle.map(\.name)) == NodeCaseGaps.idle, "the list of cases with no way to run is out of date")
    let named = Set(NodeCaseGaps.forms.flatMap(\.cases))
    #expect(
      named.subtracting(Self.runs.map(\.testDescription)) == [], "cases that do not exist are listed in NodeCaseGaps")
  }
}
