/** How a result sounds and feels, for whoever does not look at the screen. */
export type Tone = 'good' | 'known' | 'bad';

const pitches: Record<Tone, number[]> = { good: [880, 1320], known: [660, 660], bad: [220, 165] };
const buzzes: Record<Tone, number[]> = { good: [90], known: [60, 80, 60], bad: [220, 100, 220] };

let audio: AudioContext | undefined;

/** To be called from a tap: browsers let a page sound only after one. */
export function allowSound(): void {
  audio ??= new AudioContext();
  void audio.resume();
}

export function signal(tone: Tone): void {
  navigator.vibrate?.(buzzes[tone]);
  if (!audio) return;
  pitches[tone].forEach((frequency, index) => {
    const start = audio!.currentTime + index * 0.16;
    const gain = audio!.createGain();
    gain.gain.setValueAtTime(0.18, start);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.15);
    const oscillator = audio!.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(gain).connect(audio!.destination);
    oscillator.start(start);
    oscillator.stop(start + 0.15);
  });
}
