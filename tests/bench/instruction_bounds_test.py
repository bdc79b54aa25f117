"""instruction_bounds_test.py: what instruction_bounds.py makes of callgrind's files and of bounds."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).with_name("instruction_bounds.py")

# Of 10 rows. The mapper calls the outbox from a function that enters no stage; the decoder calls
# itself.
CALLGRIND = """\
events: Ir
fn=waltrack::Capture::run()
0 100
cfn=waltrack::PgoutputDecoder::feed(std::string_view, waltrack::Lsn)
calls=10 0
0 {decode}
cfn=waltrack::Mapper::map(waltrack::Change const&)
calls=10 0
0 3000
cfn=waltrack::Outbox::flush()
calls=1 0
0 50

fn=waltrack::PgoutputDecoder::feed(std::string_view, waltrack::Lsn)
cfn=waltrack::PgoutputDecoder::read_insert(waltrack::ByteReader&)
calls=10 0
0 700

fn=waltrack::CompiledRule::run(waltrack::EventSink&)
cfn=waltrack::Outbox::open(waltrack::Rule const&)
calls=10 0
0 450

fn=deliver
cfn=waltrack::BatchText::encode(std::string_view)
calls=1 0
0 5000
cfn=waltrack::LaneQueues::take(unsigned long)
calls=1 0
0 20
cfn=waltrack::InflightLedger::accept(std::span)
calls=1 0
0 180

totals: {whole}
"""

ACCEPTED = """\
# a comment
pgoutput-inserts decode 100
pgoutput-inserts map 255
pgoutput-inserts outbox 50
pgoutput-inserts compress 500
pgoutput-inserts accept 20
pgoutput-inserts rest 10
pgoutput-inserts whole 935
"""


class InstructionBounds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bounds = self.folder / "bounds.txt"

    def count(self, decode=1000, encode="BatchText::encode"):
        """What callgrind and the measured program leave behind."""
        text = CALLGRIND.format(decode=decode, whole=decode + 8350)
        text = text.replace("BatchText::encode", encode)
        (self.folder / "pgoutput-inserts.callgrind").write_text(text)
        (self.folder / "pgoutput-inserts.rows").write_text("10\n")

    def run_it(self, mode="check", bounds=ACCEPTED):
        if bounds is not None:
            self.bounds.write_text(bounds)
        return subprocess.run(
            [sys.executable, "-B", PROGRAM, mode, self.bounds, self.folder],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_a_call_counts_for_the_stage_that_it_enters_and_not_for_the_one_around_it(self):
        self.count()
        done = self.run_it("accept", bounds=None)
        self.assertEqual(done.returncode, 0, done.stderr)
        written = [line for line in self.bounds.read_text().splitlines() if line[0] != "#"]
        self.assertEqual(written, ACCEPTED.splitlines()[1:])

    def test_what_was_accepted_passes(self):
        self.count(decode=777)
        self.run_it("accept", bounds=None)
        done = self.run_it("check", bounds=None)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_fifth_more_passes(self):
        self.count(decode=1200)
        done = self.run_it()
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_more_than_a_fifth_fails_and_names_the_stage_and_the_way_out(self):
        self.count(decode=1250)
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn(
            "pgoutput-inserts decode takes 125 instructions a row, 25% more than the 100 that were accepted",
            done.stderr,
        )
        self.assertIn("script/instructions --accept", done.stderr)
        self.assertNotIn("pgoutput-inserts map", done.stderr)

    def test_much_less_asks_for_a_lower_bound_and_passes(self):
        self.count(decode=750)
        done = self.run_it()
        self.assertEqual(done.returncode, 0)
        self.assertIn("pgoutput-inserts decode takes 25% fewer than its bound: lower it", done.stderr)

    def test_a_stage_without_a_bound_fails(self):
        self.count()
        done = self.run_it(bounds=ACCEPTED.replace("pgoutput-inserts map 255\n", ""))
        self.assertEqual(done.returncode, 1)
        self.assertIn("pgoutput-inserts map has no bound yet", done.stderr)

    def test_a_bound_of_nothing_fails(self):
        self.count()
        done = self.run_it(bounds=ACCEPTED + "wal2json-inserts map 1\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("wal2json-inserts map has a bound and was not measured", done.stderr)

    def test_a_stage_that_nothing_enters_is_a_fault_also_when_accepting(self):
        self.count(encode="BatchBody::encode")
        done = self.run_it("accept")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing calls waltrack::BatchText::encode(", done.stderr)
        self.assertEqual(self.bounds.read_text(), ACCEPTED)

    def test_showing_compares_nothing(self):
        self.count(decode=5000)
        done = self.run_it("show")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("+400.0%", done.stdout)

    def test_an_empty_folder_is_a_fault(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("has nothing that was counted", done.stderr)


if __name__ == "__main__":
    unittest.main()
