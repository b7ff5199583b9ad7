import Faults
import Files
import Pellucid

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Results that stand in the folder already: another run of the same scan replaces them, another scan of the same name does not.
enum FormerResults {
  private struct Provenance: Decodable {
    var image: String?
  }

  /// Refuses a folder in which the results of another scan have the names that this scan's would get.
  static func check(_ scan: ScanReference, methods: [String], in folder: ResultFolder) throws(PellucidError) {
    for method in methods {
      let file = "\(folder.prefix)\(scan.stem)_\(method).json"
      guard let bytes = FileContents.bytes(of: file, isInput: false),
        let former = (try? JSONDecoder().decode(Provenance.self, from: Data(bytes)))?.image
      else { continue }
      // A scan that was moved or removed may be this one.
      let (theirs, ours) = (ScanReference(former).paths, scan.paths)
      guard theirs.allSatisfy(FileKind.exists) else { continue }
      let areSame = theirs.count == ours.count && zip(theirs, ours).allSatisfy { FileKind.areSame($0, $1) }
      if !areSame { throw .resultsOfAnother(file, scan: former) }
    }
  }
}
