# Holds back the frames between pairs of TAP devices: `perl shaper.pl A0 B0 A1 B1 ...` makes them and says "ready"; then each line
# "PAIR MEAN_MS JITTER_MS" on its input changes a pair, and its end ends all. Each frame is delayed by itself, so that jitter reorders them, as
# netem does, which not every kernel has. Node.js cannot open a TAP device; Perl is on every Debian (without Time::HiRes it reads the time in
# steps of 10 ms).
use strict;
use warnings;

my $precise = eval { require Time::HiRes; 1 };

sub now {
  return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) if $precise;
  open(my $uptime, '<', '/proc/uptime') or die "no /proc/uptime: $!";
  return (split / /, <$uptime>)[0];
}

sub tap {
  my ($name) = @_;
  open(my $file, '+<', '/dev/net/tun') or die "/dev/net/tun: $!";
  my $request = pack('a16 S x22', $name, 0x1002);    # IFF_TAP | IFF_NO_PI
  ioctl($file, 0x400454ca, $request) or die "TUNSETIFF $name: $!";
  return $file;
}

my (@lanes, %lane_of);
while (@ARGV >= 2) {
  my @ends = map { tap($_) } splice(@ARGV, 0, 2);
  my $pair = { mean => 0, jitter => 0 };
  for my $side (0, 1) {
    my $lane = { from => $ends[$side], to => $ends[1 - $side], pair => $pair, queue => [] };
    push @lanes, $lane;
    $lane_of{ fileno($ends[$side]) } = $lane;
  }
}
$| = 1;
print "ready\n";

my $commands = '';
while (1) {
  my $wait;
  my $time = now();
  for my $lane (@lanes) {
    my $queue = $lane->{queue};
    while (@$queue && $queue->[0][0] <= $time) { syswrite($lane->{to}, (shift @$queue)->[1]) }
    next unless @$queue;
    my $left = $queue->[0][0] - $time;
    $wait = $left if !defined $wait || $left < $wait;
  }
  my $bits = '';
  vec($bits, $_, 1) = 1 for 0, keys %lane_of;
  next unless select($bits, undef, undef, $wait) > 0;
  if (vec($bits, 0, 1)) {
    sysread(STDIN, $commands, 4096, length $commands) or exit 0;
    while ($commands =~ s/^(\d+) ([\d.]+) ([\d.]+)\n//) { @{ $lanes[ 2 * $1 ]{pair} }{qw(mean jitter)} = ($2 / 1000, $3 / 1000) }
  }
  $time = now();
  for my $file (keys %lane_of) {
    next unless vec($bits, $file, 1);
    my $lane = $lane_of{$file};
    my $frame;
    sysread($lane->{from}, $frame, 65536) or next;
    my ($mean, $jitter) = @{ $lane->{pair} }{qw(mean jitter)};
    my $at = $time + $mean + (2 * rand() - 1) * $jitter;
    my $queue = $lane->{queue};
    # What a router's memory cannot hold is lost.
    next if @$queue >= 10_000;
    my $place = @$queue;
    $place-- while $place > 0 && $queue->[ $place - 1 ][0] > $at;
    splice(@$queue, $place, 0, [ $at, $frame ]);
  }
}
