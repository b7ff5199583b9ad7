import Faults
import Pellucid

extension StandardError {
  /// What looks like a mistake in a scan, or in what its card says.
  static func warn(of subject: Explainer.Case) {
    for warning in subject.warnings {
      write("pellucid: warning: \(subject.scan.text): \(warning.what); \(warning.how)")
    }
  }
}
