import PellucidNetworks
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct `The catalogue of operators` {
  /// Files beside the operators that hold what several of them share.
  private static let helpers: Set<String> = [
    "ElementwiseOperator", "IndexRows", "MixedOperands", "Padding", "ResizeRule", "Standardization",
  ]

  @Test func `names every file of its folder, and nothing else`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appending(path: "Sources/Networks/Operators")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
    let named = Set(OperatorCatalogue.operators.map { String(describing: $0) })
    let found = Set(files.map { String($0.dropLast(".swift".count)) }).subtracting(Self.helpers)
    #expect(found.subtracting(named) == [], "files whose operator is not in OperatorCatalogue")
    #expect(named.subtracting(found) == [], "operators without a file of their name")
  }

  @Test func `gives an ONNX type to one operator only`() {
    let types = OperatorCatalogue.operators.flatMap { $0.onnxNames }
    #expect(types.count == Set(types).count)
  }
}
