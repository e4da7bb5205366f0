# SPDX-License-Identifier: MIT
"""`elvis packetdrill` from outside: exit codes, what goes where, folders."""
from support import Case, elvis, main

RIGHT = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 close(3) = 0\n"
FAILED = "0 close(3) = 0\n"
WRONG = "0 close(3 = 0\n"


class PacketdrillTest(Case):
    def run_scripts(self, *arguments):
        return elvis("packetdrill", *arguments)

    def test_a_script_that_passes_is_named_on_standard_output(self):
        path = self.write(RIGHT, "right.pkt")
        done = self.run_scripts(path)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.out, f"ok     {path}\n")
        self.assertEqual(done.err, "")

    def test_a_broken_expectation_is_code_1(self):
        done = self.run_scripts(self.write(FAILED, "failed.pkt"))
        self.assertEqual(done.code, 1)
        self.assertIn("close returns something else", done.err)

    def test_a_mistake_in_a_script_is_code_3(self):
        done = self.run_scripts(self.write(WRONG, "wrong.pkt"))
        self.assertEqual(done.code, 3)
        self.assertIn("wrong.pkt:1:11: error:", done.err)

    def test_a_folder_stands_for_its_scripts(self):
        self.write(RIGHT, "b.pkt")
        self.write(FAILED, "a.pkt")
        self.write(WRONG, "other.txt")
        done = self.run_scripts(str(self.folder))
        self.assertEqual(done.code, 1)
        self.assertEqual(done.out.splitlines(),
                         [f"failed {self.folder}/a.pkt", f"ok     {self.folder}/b.pkt",
                          "1 of 2 scripts pass"])

    def test_a_file_that_is_not_there_is_code_3(self):
        self.assertEqual(self.run_scripts(str(self.folder / "none.pkt")).code, 3)

    def test_a_wrong_option_is_code_2(self):
        path = self.write(RIGHT, "right.pkt")
        self.assertEqual(self.run_scripts("--layout", "windows", path).code, 2)
        self.assertEqual(self.run_scripts("--nonesuch", path).code, 2)

    def test_flags_and_definitions_of_the_original_are_taken(self):
        path = self.write(RIGHT.replace("IPPROTO_TCP", "PROTOCOL"), "right.pkt")
        done = self.run_scripts("--ip_version=ipv4", "--local_ip=192.168.0.1",
                                "--gateway_ip=192.168.0.1", "--netmask_ip=255.255.0.0",
                                "--remote_ip=192.0.2.1", "--tolerance_usecs=14000",
                                "-D", "PROTOCOL=IPPROTO_TCP", "-D", "CMSG_LEVEL_IP=SOL_IP", path)
        self.assertEqual(done.code, 0, done.err)

    def test_ipv6_is_refused(self):
        done = self.run_scripts("--ip_version=ipv6", self.write(RIGHT, "right.pkt"))
        self.assertEqual(done.code, 3)
        self.assertIn("IPv6 is not supported", done.err)

    def test_the_same_script_ends_the_same_way(self):
        path = self.write(FAILED, "failed.pkt")
        self.assertEqual(self.run_scripts(path).err, self.run_scripts(path).err)


if __name__ == "__main__":
    main()
